import { redactSecrets } from "../../../core/redaction/secrets.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTH)/i;
const shortest = 8;

/** Replaces the values of the environment's variables that are named like a secret, and what looks like one. */
export function redactor(env: Environment): (text: string) => string {
	const values = Object.entries(env).flatMap(([name, value = ""]) => {
		if (!secretName.test(name) || value.length < shortest) {
			return [];
		}
		// As they stand in a text, in a JSON text, and in one within that.
		const inJson = JSON.stringify(value).slice(1, -1);
		const twice = JSON.stringify(inJson).slice(1, -1);
		return [...new Set([twice, inJson, value])].map((form) => [name, form] as const);
	});
	// The longest first: one may be the beginning of another.
	values.sort((a, b) => b[1].length - a[1].length);
	return (text) => {
		let redacted = text;
		for (const [name, value] of values) {
			redacted = redacted.replaceAll(value, () => `[REDACTED:${name}]`);
		}
		return redactSecrets(redacted);
	};
}
