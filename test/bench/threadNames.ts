import { mkdirSync, writeFileSync } from "node:fs";
import { appendFile, open, readdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import { CodexThreadMetadata } from "../../src/core/sources/codex/threadMetadata.ts";
import { TextMaker } from "./datasets.ts";
import { timed } from "./measure.ts";
import { locationsIn, scratch } from "./place.ts";
import { ms, type Row, times } from "./table.ts";

/**
 * Seed 002: the thread's rollout is looked for in all folders by its id; the name is appended to it and to the index;
 * then the thread is looked for again and read back, its name from the index's end. Without the database beside it.
 */
class ScanPerRename {
	private readonly home: string;

	constructor(home: string) {
		this.home = home;
	}

	async rename(thread: string, name: string): Promise<string | undefined> {
		const file = await this.find(path.join(this.home, "sessions"), thread);
		if (file === undefined) {
			throw new Error(`thread not found: ${thread}`);
		}
		const now = new Date().toISOString();
		const payload = { type: "thread_name_updated", thread_id: thread, thread_name: name };
		await appendFile(file, `${JSON.stringify({ timestamp: now, type: "event_msg", payload })}\n`);
		const line = { id: thread, thread_name: name, updated_at: now };
		await appendFile(path.join(this.home, "session_index.jsonl"), `${JSON.stringify(line)}\n`);
		return this.read(thread);
	}

	private async read(thread: string): Promise<string | undefined> {
		const file = await this.find(path.join(this.home, "sessions"), thread);
		const handle = await open(file ?? "");
		try {
			const { buffer, bytesRead } = await handle.read(Buffer.alloc(8192), 0, 8192, 0);
			JSON.parse(buffer.toString("utf8", 0, bytesRead).split("\n", 1)[0] ?? "");
		} finally {
			await handle.close();
		}
		const names = await readFile(path.join(this.home, "session_index.jsonl"), "utf8");
		const start = names.lastIndexOf(`{"id":"${thread}"`);
		return JSON.parse(names.slice(start, names.indexOf("\n", start))).thread_name;
	}

	private async find(folder: string, thread: string): Promise<string | undefined> {
		const entries = await readdir(folder, { withFileTypes: true });
		for (const entry of entries) {
			const full = path.join(folder, entry.name);
			if (entry.isDirectory()) {
				const found = await this.find(full, thread);
				if (found !== undefined) {
					return found;
				}
			} else if (entry.name.includes(thread)) {
				return full;
			}
		}
		return undefined;
	}
}

/** Renames threads of a home with as many as `count`, spread over a year. */
export async function threadNames(count: number): Promise<Row> {
	const renames = 100;
	const [theirHome, ourHome] = [scratch(), scratch()];
	const ids = [theirHome, ourHome].map((home) => makeThreads(home, count))[0] ?? [];
	const chosen = Array.from(
		{ length: renames },
		(_, n) => ids[Math.floor((n * count) / renames)] ?? "",
	);
	const seed = new ScanPerRename(theirHome);
	const theirs = await timed(async () => {
		for (const id of chosen) {
			await seed.rename(id, `Name of ${id}`);
		}
	});
	const metadata = new CodexThreadMetadata(locationsIn(ourHome));
	const ours = await timed(async () => {
		for (const id of chosen) {
			await metadata.update(id, { name: `Name of ${id}` });
		}
	});
	return {
		what: `one of ${count.toLocaleString("en")} Codex threads renamed (seed 002)`,
		ours: ms(ours / renames),
		against: `all folders searched twice, ${ms(theirs / renames)}`,
		ratio: times(theirs / ours),
	};
}

/** Threads of 20 messages each, as Codex 0.140 wrote them; returns their ids. */
function makeThreads(home: string, count: number): string[] {
	const text = new TextMaker(2).text(30);
	const yearMs = 365 * 24 * 3600 * 1000;
	return Array.from({ length: count }, (_, n) => {
		const date = new Date(Date.UTC(2025, 5, 1) + Math.floor((n * yearMs) / count));
		const hex = date.getTime().toString(16).padStart(12, "0");
		const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(n).padStart(12, "0")}`;
		const timestamp = date.toISOString();
		const payload = { type: "agent_message", message: text };
		const lines: object[] = [
			{ timestamp, type: "session_meta", payload: { id, timestamp, cwd: "/work" } },
			...Array.from({ length: 20 }, () => ({ timestamp, type: "event_msg", payload })),
		];
		const day = timestamp.slice(0, 10);
		const folder = path.join(home, "sessions", ...day.split("-"));
		mkdirSync(folder, { recursive: true });
		writeFileSync(
			path.join(folder, `rollout-${timestamp.slice(0, 19).replaceAll(":", "-")}-${id}.jsonl`),
			lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
		);
		return id;
	});
}
