type Environment = Readonly<Record<string, string | undefined>>;

const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTH)/i;
const shortest = 8;

/** Texts that are secrets by their form. Each pattern takes linear time. */
const patterns: readonly (readonly [name: string, pattern: RegExp])[] = [
	["api-key", /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}/g],
	["github", /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g],
	["slack", /\bxox[abposr]-[A-Za-z0-9-]{10,}/g],
	["aws", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
	["google", /\bAIza[A-Za-z0-9_-]{30,}/g],
	["jwt", /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g],
	["bearer", /\b[Bb]earer [A-Za-z0-9._~+/=-]{8,}/g],
	["pem", /-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\\nrs\s]*/g],
];

/** Replaces what looks like a secret, and the values of the environment's variables that are named like one. */
export function redactor(env: Environment): (text: string) => string {
	const values = Object.entries(env)
		.filter(([name, value]) => secretName.test(name) && (value?.length ?? 0) >= shortest)
		// As they stand inside a JSON text.
		.map(([name, value]) => [name, JSON.stringify(value).slice(1, -1)] as const);
	return (text) => {
		let redacted = text;
		for (const [name, value] of values) {
			redacted = redacted.replaceAll(value, `[REDACTED:${name}]`);
		}
		for (const [name, pattern] of patterns) {
			redacted = redacted.replace(pattern, `[REDACTED:${name}]`);
		}
		return redacted;
	};
}
