import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { it } from "node:test";

const repository = path.join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(repository, file), "utf8");
const bundle: Record<string, string> = JSON.parse(read("l10n/bundle.l10n.json"));

/** Texts handed to `l10n.t`, as literals: a text put together at run time could not be translated. */
function hostTexts(): string[] {
	const call = /\b(?:l10n\.)?t\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/g;
	return globSync("src/host/**/*.ts", { cwd: repository })
		.filter((file) => !file.endsWith(".test.ts"))
		.flatMap((file) => [...read(file).matchAll(call)])
		.map(([, literal = ""]) =>
			JSON.parse(
				literal.startsWith("'") ? `"${literal.slice(1, -1).replaceAll('"', '\\"')}"` : literal,
			),
		);
}

function pageKeys(): string[] {
	const entry = /^\s*(?:"([^"]+)"|(\w+)):\s*"/gm;
	return [...read("src/webview/transcript/strings.ts").matchAll(entry)].map(
		([, quoted, bare]) => `transcript/${quoted ?? bare}`,
	);
}

it("the bundle for translators holds every text of the host and of the page, and no other", () => {
	const texts = new Set([...hostTexts(), ...pageKeys()]);
	assert.ok(texts.size > 100);
	assert.deepEqual(Object.keys(bundle).toSorted(), [...texts].toSorted());
});
