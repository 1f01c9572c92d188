import { jsonSchema, type SchemaName, schemaNames } from "../core/export/schema.ts";
import { type Command, UsageError } from "./command.ts";

export const schema: Command = {
	name: "schema",
	usage: `schema [${schemaNames.join("|")}]`,
	summary: "Print the JSON Schema of a journal's lines, of store.json or of a bundle",
	takes: [0, 1],
	async run(cli, args) {
		const [given = "journal-record"] = args.positionals;
		if (!isName(given)) {
			throw new UsageError(`There is no schema "${given}". There is: ${schemaNames.join(", ")}.`);
		}
		cli.out.write(`${JSON.stringify(jsonSchema(given), null, 2)}\n`);
	},
};

function isName(given: string): given is SchemaName {
	return (schemaNames as readonly string[]).includes(given);
}
