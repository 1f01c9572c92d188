import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { JournalRecord } from "../model/record.ts";
import { jsonSchema, schemaNames } from "./schema.ts";

const folder = new URL("../../../media/schema/", import.meta.url);

test("media/schema holds what npm run schema writes", async () => {
	assert.deepEqual(
		(await readdir(folder)).sort(),
		schemaNames.map((name) => `${name}.schema.json`).sort(),
	);
	for (const name of schemaNames) {
		const committed = await readFile(new URL(`${name}.schema.json`, folder), "utf8");
		assert.equal(committed, `${JSON.stringify(jsonSchema(name), null, 2)}\n`, "run npm run schema");
	}
});

test("the schema of a line names every record type and refers to nothing that is not there", () => {
	const schema = jsonSchema("journal-record");
	const definitions = schema["$defs"] as Record<string, unknown>;
	for (const option of JournalRecord.def.options) {
		assert.ok(definitions[option.shape.type.def.values.join()]);
	}
	for (const [, name = ""] of JSON.stringify(schema).matchAll(/"#\/\$defs\/([^"]+)"/g)) {
		assert.ok(definitions[name], name);
	}
});
