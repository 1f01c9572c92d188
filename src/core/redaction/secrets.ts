/**
 * Texts that are secrets by their form. Works on plain text and on JSON as it stands in a line: nothing that is replaced
 * begins or ends inside an escape, so a line that was JSON stays JSON. Takes time in proportion to the text, whatever the
 * text is: after its first letters every pattern reads a run of one kind of characters, and no two runs overlap.
 */

/** What may stand before a key: no letter of a word, but for one that ends an escape of JSON. */
const before = String.raw`(?:^|[^A-Za-z0-9_]|\\[bfnrt]|\\u[0-9a-fA-F]{4})`;

interface Rule {
	readonly name: string;
	readonly pattern: RegExp;
	/** What stays of a match, in front of the mark. */
	readonly keep?: (match: string) => string;
}

/** A key that begins with fixed letters. They are looked for first, and only then what stands before them. */
function key(name: string, prefix: string, rest: string): Rule {
	return { name, pattern: new RegExp(`(?:${prefix})(?<=${before}(?:${prefix}))${rest}`, "g") };
}

const word = "[A-Za-z0-9_-]";
const value = String.raw`[^\s"'\\,;&<>{}()[\]]`;

/** What stands between a name and its value: in a header, in an assignment, in JSON. */
function assigned(signs: string): string {
	return String.raw`(?:\\{0,3}["'])?[ \t]{0,4}[${signs}][ \t]{0,4}(?:\\{0,3}["'])?`;
}

/** Keeps the name and what is before the value. */
function kept(signs: string): (match: string) => string {
	const name = new RegExp(String.raw`^[^${signs}]*[${signs}][ \t]*(?:\\{0,3}["'])?`);
	return (match) => name.exec(match)?.[0] ?? "";
}

const rules: readonly Rule[] = [
	key("api-key", "sk-|pk-|rk-", `${word}{16,}`),
	key("api-key", "sk_live_|sk_test_|pk_live_|rk_live_|rk_test_|whsec_", "[A-Za-z0-9+/=]{10,}"),
	key("api-key", "gsk_|xai-|pplx-|r8_|hf_|nvapi-|tvly-|csk-|fw_", `${word}{20,}`),
	key("api-key", "npm_|pypi-|dop_v1_|lin_api_|ntn_|shpat_|shpss_|sq0atp-|sq0csp-", `${word}{20,}`),
	key("api-key", "hvs\\.|dapi|AGE-SECRET-KEY-1", `${word}{24,}`),
	key("api-key", "SG\\.", `${word}{16,}\\.${word}{16,}`),
	key("github", "gh[pousr]_|github_pat_", "[A-Za-z0-9_]{20,}"),
	key("gitlab", "gl(?:pat|dt|rt|ptt|soat|agent)-", `${word}{16,}`),
	key("slack", "xox[abeposr]-|xapp-", "[A-Za-z0-9-]{10,}"),
	{ name: "slack", pattern: /hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/g },
	key("aws", "AKIA|ASIA|ABIA|ACCA", "[A-Z0-9]{16}(?![A-Za-z0-9])"),
	key("google", "AIza|GOCSPX-|ya29\\.", `${word}{20,}`),
	key("telegram", "[0-9]{8,10}:AA", `${word}{30,}`),
	key("bearer", "[Bb]earer ", "[A-Za-z0-9._~+/=-]{8,}"),
	{
		name: "authorization",
		pattern: new RegExp(
			String.raw`(?:authorization|x-api-key|x-goog-api-key|api-key)${assigned(":=")}(?:[A-Za-z][A-Za-z0-9-]{0,20}[ \t]{1,4})?${value}{8,}`,
			"gi",
		),
		keep: kept(":="),
	},
	{
		name: "cookie",
		pattern: new RegExp(String.raw`cookie${assigned(":")}[^"'\\\r\n[]{6,}`, "gi"),
		keep: kept(":"),
	},
	{
		name: "secret",
		pattern: new RegExp(
			`(?:secret|token|password|passwd|pwd|api_?key|access_?key|account_?key|private_?key)[A-Za-z0-9_]{0,20}${assigned("=")}(?=${value}{0,200}[0-9])${value}{12,}`,
			"gi",
		),
		keep: kept("="),
	},
];

/** Replaces each secret by `[REDACTED:<rule>]`. */
export function redactSecrets(text: string): string {
	let redacted = redactPem(text);
	redacted = redactTokens(redacted);
	redacted = redactConnections(redacted);
	for (const { name, pattern, keep } of rules) {
		redacted = redacted.replace(pattern, (match) => `${keep?.(match) ?? ""}[REDACTED:${name}]`);
	}
	return redacted;
}

const pemBegin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/** What a key block holds. */
const pemBody = /[A-Za-z0-9+/=:,. \t\r\n-]*/y;
/** A line's end as it stands in JSON, and in JSON within JSON. */
const escapedEnd = /\\{1,3}[nrt]/y;
const pemEnd = /-----END [A-Z0-9 ]{0,40}-----/;

/** Blocks of private keys, those that are cut off included. */
function redactPem(text: string): string {
	let redacted = "";
	let from = 0;
	let bodyEnd = 0;
	for (const match of text.matchAll(pemBegin)) {
		if (match.index >= from) {
			const start = match.index + match[0].length;
			if (start >= bodyEnd) {
				bodyEnd = endOfBody(text, start);
			}
			// One that begins within the body of another ends where that does.
			const body = text.slice(start, bodyEnd);
			const end = pemEnd.exec(body);
			redacted += `${text.slice(from, match.index)}[REDACTED:pem]`;
			from = start + (end ? end.index + end[0].length : body.length);
		}
	}
	return from === 0 ? text : redacted + text.slice(from);
}

function endOfBody(text: string, start: number): number {
	for (let at = start; ; ) {
		pemBody.lastIndex = at;
		at += pemBody.exec(text)?.[0].length ?? 0;
		escapedEnd.lastIndex = at;
		const escaped = escapedEnd.exec(text)?.[0].length ?? 0;
		if (escaped === 0) {
			return at;
		}
		at += escaped;
	}
}

/** JSON Web Tokens: three parts between dots, of which the first is an object in base64. */
function redactTokens(text: string): string {
	return text.replace(/[A-Za-z0-9_.-]{24,}/g, (run) => (run.includes("eyJ") ? tokensIn(run) : run));
}

function tokensIn(run: string): string {
	const parts = run.split(".");
	const redacted: string[] = [];
	for (let at = 0; at < parts.length; at++) {
		const part = parts[at] ?? "";
		const start = part.indexOf("eyJ");
		const length = (offset: number) => parts[at + offset]?.length ?? 0;
		if (start >= 0 && part.length - start >= 12 && length(1) >= 8 && length(2) >= 8) {
			redacted.push(`${part.slice(0, start)}[REDACTED:jwt]`);
			at += 2;
		} else {
			redacted.push(part);
		}
	}
	return redacted.join(".");
}

/** Longest name of a scheme, and of what stands before the host of an address. UTF-16 code units. */
const schemeLength = 30;
const userInfoLength = 1000;
const scheme = /[A-Za-z][A-Za-z0-9+.-]*$/;
const marks = /\[REDACTED:[a-z-]{1,20}\]/g;
const userInfo = /[^\s/?#"'\\@:]*:(?!\/\/)[^\s/?#"'\\@]*@/y;

/** Passwords in connection strings: `postgres://user:password@host`. */
function redactConnections(text: string): string {
	let redacted = "";
	let from = 0;
	for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
		userInfo.lastIndex = at + 3;
		const found = scheme.test(text.slice(Math.max(0, at - schemeLength), at))
			? userInfo.exec(text)?.[0]
			: undefined;
		if (found === undefined || found.length > userInfoLength) {
			continue;
		}
		// A mark has a colon of its own.
		const outside = found.replace(marks, (mark) => "\0".repeat(mark.length));
		const colon = outside.indexOf(":");
		if (colon < 0 || !/[^\0]/.test(outside.slice(colon + 1, -1))) {
			continue;
		}
		const user = found.slice(0, colon + 1);
		redacted += `${text.slice(from, at + 3)}${user}[REDACTED:password]@`;
		from = at + 3 + found.length;
	}
	return from === 0 ? text : redacted + text.slice(from);
}
