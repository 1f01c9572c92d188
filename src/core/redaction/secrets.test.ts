import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { redactSecrets } from "./secrets.ts";

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
const long = (length: number) =>
	letters.repeat(Math.ceil(length / letters.length)).slice(0, length);
const jwt = `eyJ${long(20)}.eyJ${long(30)}.${long(40)}`;
const pem = (end: string) =>
	[
		"-----BEGIN RSA PRIVATE KEY-----",
		long(64),
		`${long(62)}==`,
		"-----END RSA PRIVATE KEY-----",
	].join(end);

/** Secrets by the rule that finds them, and what is left of them. */
const secrets: readonly (readonly [secret: string, left: string])[] = [
	[`sk-${long(40)}`, "[REDACTED:api-key]"],
	[`sk-ant-api03-${long(40)}`, "[REDACTED:api-key]"],
	[`sk_live_${long(24)}`, "[REDACTED:api-key]"],
	[`gsk_${long(30)}`, "[REDACTED:api-key]"],
	[`hf_${long(30)}`, "[REDACTED:api-key]"],
	[`npm_${long(36)}`, "[REDACTED:api-key]"],
	[`SG.${long(22)}.${long(40)}`, "[REDACTED:api-key]"],
	[`ghp_${long(36)}`, "[REDACTED:github]"],
	[`github_pat_${long(40)}`, "[REDACTED:github]"],
	[`glpat-${long(20)}`, "[REDACTED:gitlab]"],
	[`xoxb-${long(30)}`, "[REDACTED:slack]"],
	["AKIAIOSFODNN7EXAMPLE", "[REDACTED:aws]"],
	[`AIza${long(35)}`, "[REDACTED:google]"],
	[jwt, "[REDACTED:jwt]"],
	[`Bearer ${long(30)}`, "[REDACTED:bearer]"],
	[pem("\n"), "[REDACTED:pem]"],
	[pem("\r\n"), "[REDACTED:pem]"],
	[`Authorization: Basic ${long(20)}=`, "Authorization: [REDACTED:authorization]"],
	[`authorization: Negotiate ${long(20)}`, "authorization: [REDACTED:authorization]"],
	[`x-api-key: ${long(20)}`, "x-api-key: [REDACTED:authorization]"],
	["Cookie: session=abcdef; other=1", "Cookie: [REDACTED:cookie]"],
	["postgres://admin:hunter2@db/x", "postgres://admin:[REDACTED:password]@db/x"],
	["mongodb+srv://u:p%40ss@host", "mongodb+srv://u:[REDACTED:password]@host"],
	["redis://:hunter2@host:6379", "redis://:[REDACTED:password]@host:6379"],
	[`AWS_SECRET_ACCESS_KEY=${long(40)}`, "AWS_SECRET_ACCESS_KEY=[REDACTED:secret]"],
	[`AccountKey=${long(40)}==;`, "AccountKey=[REDACTED:secret];"],
	[`DB_PASSWORD = "7${long(15)}"`, 'DB_PASSWORD = "[REDACTED:secret]"'],
];

test("secrets of every kind are found in text, in JSON, and in JSON within JSON", () => {
	for (const [secret, left] of secrets) {
		assert.equal(redactSecrets(secret), left, secret);
		for (const around of ["", "the key:\n", "a\tb\t", "\u2028", '"', "\\", "\u0001"]) {
			const whole = { text: `${around}${secret}${around === "\\" ? "" : " and more"}` };
			const once = redactSecrets(JSON.stringify(whole));
			const twice = redactSecrets(JSON.stringify(JSON.stringify(whole)));
			for (const text of [
				(JSON.parse(once) as { text: string }).text,
				(JSON.parse(JSON.parse(twice) as string) as { text: string }).text,
			]) {
				assert.ok(text.includes(left), `${JSON.stringify(around)} ${secret}: ${text}`);
			}
		}
	}
});

test("headers in JSON are found by their names", () => {
	const headers = JSON.stringify({ Authorization: `Basic ${long(20)}`, "x-api-key": long(20) });
	assert.equal(
		redactSecrets(headers),
		'{"Authorization":"[REDACTED:authorization]","x-api-key":"[REDACTED:authorization]"}',
	);
});

test("what is no secret stays", () => {
	for (const text of [
		"Ask the task-force-of-the-day about skeletons.",
		"const token = getToken(request.headers);",
		"https://example.com:8080/a@b",
		"git@github.com:owner/repository.git",
		"https://example.com/a?b=c&d=e#f",
		'{"totalTokens":123456789012345,"key":null,"token":true}',
		"01M7WK54ZR5K3AYS11ZQC7VMPG 01a1f92c-2b77-7a13-b5ad-54550eb64eb6",
		"author: Somebody With A Long Name",
		"-----BEGIN CERTIFICATE-----",
		`sha256:${"0123456789abcdef".repeat(4)}`,
	]) {
		assert.equal(redactSecrets(text), text);
	}
});

test("JSON stays JSON, whatever stands in it, and a second time changes nothing", () => {
	const pieces = fc.constantFrom(
		...secrets.map(([secret]) => secret),
		...[
			'"',
			"\\",
			"\n",
			"\\n",
			"://",
			"@",
			":",
			"=",
			" ",
			"eyJ",
			".",
			"-----BEGIN PRIVATE KEY-----",
		],
		...["Bearer ", "token=", "password: ", "x", "\u2028", "😀"],
	);
	const text = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));
	fc.assert(
		fc.property(fc.array(text, { maxLength: 4 }), fc.boolean(), (texts, nested) => {
			const value = nested ? JSON.stringify({ texts }) : texts;
			const redacted = redactSecrets(JSON.stringify({ value }));
			const parsed = JSON.parse(redacted) as { value: unknown };
			if (nested) {
				JSON.parse(parsed.value as string);
			}
			assert.equal(redactSecrets(redacted), redacted);
		}),
		{ numRuns: 500, seed: 8 },
	);
});

test("a hostile line of some MB takes no longer than any other of its length", async () => {
	const MB = 1024 * 1024;
	const pieces = [
		"eyJ-",
		"eyJaaaaaaaaaaaa.",
		`eyJ${long(12)}.${long(8)}.${long(8)}.`,
		"a.",
		"sk-",
		"SG.",
		"-----BEGIN PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----\\n",
		"-----BEGIN AAAA ",
		"-----END ",
		"a://",
		"a-a+a.a",
		"a://b:",
		"://@",
		"token=",
		"tokenpassword",
		"authorization:",
		"authorization: a ",
		"Bearer ",
		"cookie: ",
		"\\n",
		"\\\\",
		" ",
		"a",
		"-",
		"1",
	];
	const hostile = pieces.flatMap((piece) => {
		const count = (2 * MB) / piece.length;
		return [
			{ begin: "", piece, count },
			{ begin: "-----BEGIN PRIVATE KEY-----", piece, count },
		];
	});
	const empty = "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----";
	hostile.push({ begin: "", piece: empty, count: (16 * MB) / empty.length });
	const module = new URL("./secrets.ts", import.meta.url).href;
	const script = `const { redactSecrets } = await import(${JSON.stringify(module)});
		for (const { begin, piece, count } of ${JSON.stringify(hostile)}) {
			redactSecrets(begin + piece.repeat(count));
		}`;
	// All of it takes some seconds. With a pattern whose time grows with the square of the length each takes many minutes,
	// in a process that can be ended.
	const args = ["--input-type=module", "--eval", script];
	await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
});
