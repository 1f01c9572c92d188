// Writes media/schema/ from the zod schemas. A unit test fails when these files are not what this would write.
import { mkdir, writeFile } from "node:fs/promises";
import { jsonSchema, schemaNames } from "../src/core/export/schema.ts";

const folder = new URL("../media/schema/", import.meta.url);
await mkdir(folder, { recursive: true });
for (const name of schemaNames) {
	const file = new URL(`${name}.schema.json`, folder);
	await writeFile(file, `${JSON.stringify(jsonSchema(name), null, 2)}\n`);
}
