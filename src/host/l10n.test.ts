import assert from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { it } from "node:test";

const repository = path.join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(repository, file), "utf8");
const bundleFile = "l10n/bundle.l10n.json";

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

/** The page's words by their keys; they stand beside the host's in the bundles of all languages. */
function pageTexts(): [key: string, text: string][] {
	const entry = /^\s*(?:"([^"]+)"|(\w+)):\s*("(?:[^"\\]|\\.)*")/gm;
	return [...read("src/webview/transcript/strings.ts").matchAll(entry)].map(
		([, quoted, bare, text = '""']) => [`transcript/${quoted ?? bare}`, JSON.parse(text)],
	);
}

// After a text was added or changed: UPDATE_L10N=1 node --test src/host/l10n.test.ts
it("the bundle for translators holds every text of the host and of the page, and no other", () => {
	const host = hostTexts().toSorted();
	const texts = Object.fromEntries([...host.map((text) => [text, text]), ...pageTexts()]);
	assert.ok(Object.keys(texts).length > 100);
	if (process.env["UPDATE_L10N"]) {
		writeFileSync(path.join(repository, bundleFile), `${JSON.stringify(texts, null, 2)}\n`);
	} else {
		assert.deepEqual(JSON.parse(read(bundleFile)), texts);
	}
});
