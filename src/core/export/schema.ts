import * as z from "zod/mini";
import { BlobRef } from "../model/blob.ts";
import * as items from "../model/item.ts";
import * as records from "../model/record.ts";
import { BundleHeader, BundleLine } from "./bundleFormat.ts";

const Id = z.string().check(z.regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/));

/** `.vscode/skein/store.json`. */
export const StoreFile = z.looseObject({
	format: z.literal("skein-store"),
	version: z.number(),
	storeId: Id,
	/** ISO 8601. */
	createdAt: z.optional(z.string()),
});

const recordSchemas = records.JournalRecord.def.options;
const itemSchemas = items.ItemContent.def.options;

/** The JSON Schemas of the files of a store, by name: what `skein schema` prints and `media/schema/` holds. */
export const schemaNames = ["journal-record", "store", "bundle"] as const;
export type SchemaName = (typeof schemaNames)[number];

/** One of the JSON Schemas (draft 2020-12), made from the zod schemas that the code itself reads and writes by. */
export function jsonSchema(name: SchemaName): Record<string, unknown> {
	const registry = namedParts();
	switch (name) {
		case "journal-record":
			return journalSchema(registry);
		case "store":
			return document(
				name,
				"The store.json of a Skein store",
				z.toJSONSchema(StoreFile, { metadata: registry }),
			);
		case "bundle":
			return document(
				name,
				"A line of a Skein bundle that is not a line of a journal: the first is a header, the last an end",
				z.toJSONSchema(z.union([BundleHeader, BundleLine]), { metadata: registry }),
			);
	}
}

/**
 * A whole line of a journal: one of the known records in full, or any other record (design: J7), which every reader
 * keeps. The schemas of the records stand in `$defs` by type.
 */
function journalSchema(registry: Registry): Record<string, unknown> {
	const { $defs } = z.toJSONSchema(records.JournalRecord, { metadata: registry }) as {
		$defs: Record<string, unknown>;
	};
	const types = recordSchemas.map((schema) => schema.shape.type.def.values.join());
	const known = {
		properties: { v: { const: records.journalVersion }, type: { enum: types } },
	};
	return document("journal-record", "A line of a Skein journal", {
		type: "object",
		required: ["v", "id", "type"],
		properties: {
			v: { type: "integer", minimum: 1 },
			id: { $ref: "#/$defs/Id" },
			type: { type: "string" },
		},
		if: known,
		// biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
		then: { $ref: "#/$defs/Record" },
		$defs: {
			Id: { description: "A ULID.", ...withoutSchemaKey(z.toJSONSchema(Id)) },
			...$defs,
		},
	});
}

type Registry = ReturnType<typeof namedParts>;

/** Names for everything that has one, so that the schemas refer to each other instead of repeating each other. */
function namedParts() {
	const registry = z.registry<{ id: string }>();
	registry.add(records.JournalRecord, { id: "Record" });
	for (const schema of recordSchemas) {
		registry.add(schema, { id: schema.shape.type.def.values.join() });
	}
	registry.add(items.ItemContent, { id: "ItemContent" });
	for (const schema of itemSchemas) {
		registry.add(schema, { id: schema.shape.type.def.values.join() });
	}
	registry.add(BlobRef, { id: "BlobRef" });
	registry.add(items.ImageRef, { id: "ImageRef" });
	registry.add(items.FileEdit, { id: "FileEdit" });
	registry.add(records.SessionHeader, { id: "SessionHeader" });
	registry.add(records.SessionPoint, { id: "SessionPoint" });
	registry.add(records.Origin, { id: "Origin" });
	registry.add(records.TokenUsage, { id: "TokenUsage" });
	registry.add(records.GitState, { id: "GitState" });
	return registry;
}

function document(name: string, title: string, schema: object): Record<string, unknown> {
	const { $schema: _, ...rest } = schema as Record<string, unknown>;
	return {
		$schema: "https://json-schema.org/draft/2020-12/schema",
		$id: `skein:${name}`,
		title,
		...rest,
	};
}

function withoutSchemaKey(schema: object): object {
	const { $schema: _, ...rest } = schema as Record<string, unknown>;
	return rest;
}
