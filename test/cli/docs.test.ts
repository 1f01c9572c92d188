import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { commands } from "../../src/cli/commands.ts";
import { encodeRecord } from "../../src/core/journal/framing.ts";
import { itemTypes } from "../../src/core/model/item.ts";
import { JournalRecord } from "../../src/core/model/record.ts";

const page = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), "utf8");

test("docs/journal-format.md has an example of every record type, written as the code writes it", async () => {
	const examples = (await page("journal-format.md"))
		.split("\n")
		.filter((line) => line.startsWith('{"v":1,"id":"'));
	const types = new Set<string>();
	for (const example of examples) {
		const record = JournalRecord.parse(JSON.parse(example));
		assert.equal(encodeRecord(record), `${example}\n`);
		types.add(record.type);
	}
	const all = JournalRecord.def.options.map((option) => option.shape.type.def.values.join());
	assert.deepEqual([...types].sort(), all.sort());
});

test("docs/journal-format.md names every item type", async () => {
	const text = await page("journal-format.md");
	assert.deepEqual(
		itemTypes.filter((type) => !text.includes(`\n| \`${type}\` |`)),
		[],
	);
});

test("docs/cli.md has every verb with its options", async () => {
	const text = (await page("cli.md")).replaceAll("\\|", "|");
	for (const { name, usage, options } of commands) {
		assert.match(text, new RegExp(`\`${name}[ \`]`), usage);
		for (const [option, { short }] of Object.entries(options ?? {})) {
			assert.ok(text.includes(short ? `-${short} ` : `--${option}`), `${name} --${option}`);
		}
	}
});
