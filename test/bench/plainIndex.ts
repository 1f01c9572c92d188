import * as fs from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * The least that anybody can do for full-text search: read, JSON.parse, and one FTS5 insert an item.
 * @returns the number of items.
 */
export function plainIndex(home: string, file: string): number {
	const db = new DatabaseSync(file);
	db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
	db.exec("CREATE VIRTUAL TABLE items USING fts5(body)");
	const insert = db.prepare("INSERT INTO items (body) VALUES (?)");
	const names = fs
		.readdirSync(path.join(home, "sessions"), { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".jsonl"));
	let items = 0;
	db.exec("BEGIN");
	for (const name of names) {
		const calls = new Map<string, string>();
		for (const text of fs.readFileSync(path.join(home, "sessions", name), "utf8").split("\n")) {
			const payload = text === "" ? undefined : JSON.parse(text).payload;
			if (payload?.type === "message") {
				insert.run(payload.content[0].text);
			} else if (payload?.type === "reasoning") {
				insert.run(payload.summary[0].text);
			} else if (payload?.type === "function_call" || payload?.type === "custom_tool_call") {
				calls.set(payload.call_id, payload.arguments ?? payload.input);
				continue;
			} else if (payload?.output !== undefined) {
				insert.run(`${calls.get(payload.call_id)}\n${payload.output}`);
			} else {
				continue;
			}
			items++;
		}
	}
	db.exec("COMMIT");
	db.close();
	return items;
}
