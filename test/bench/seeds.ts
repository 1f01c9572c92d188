import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { appendFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { ulid } from "ulid";
import { newId } from "../../src/core/journal/ids.ts";
import { StateStore } from "../../src/daemon/state/stateStore.ts";
import { TextMaker } from "./datasets.ts";
import { timed } from "./measure.ts";
import { newStore, scratch } from "./place.ts";
import { ms, type Row, type Section, times } from "./table.ts";
import { threadNames } from "./threadNames.ts";

/**
 * The algorithms of the seeds, re-stated to do the same work as ours. None of them syncs: what they have acknowledged may
 * be gone after a power cut. Ours syncs each time.
 */

/** Seed 001: an event is appended, folded into a snapshot, and the snapshot written anew. */
class SnapshotPerEvent {
	private readonly journal: string;
	private readonly snapshot: string;
	private state: { id: string; diagnostics: object[]; updatedAt: string | null } = {
		id: "session",
		diagnostics: [],
		updatedAt: null,
	};
	private nextSeq = 1;

	constructor(folder: string) {
		this.journal = path.join(folder, "session.jsonl");
		this.snapshot = path.join(folder, "session.snapshot.json");
	}

	append(event: { type: string }): void {
		const entry = { seq: this.nextSeq++, id: "session", ts: new Date().toISOString(), event };
		existsSync(this.journal);
		appendFileSync(this.journal, `${JSON.stringify(entry)}\n`);
		this.state = {
			...this.state,
			diagnostics: [...this.state.diagnostics, { error: "unknown_event_type", type: event.type }],
			updatedAt: entry.ts,
		};
		writeFileSync(this.snapshot, `${JSON.stringify(this.state, null, 2)}\n`);
	}
}

interface Message {
	id: string;
	sessionId: string;
	role: string;
	content: string;
	createdAt: number;
	updatedAt: number;
}

/** Seed 003: all sessions and messages are one object; each message writes all of it. */
class WholeStore {
	private readonly file: string;
	private readonly store: {
		sessions: Record<string, { id: string; messageIds: string[]; updatedAt: number }>;
		messages: Record<string, Message>;
	} = { sessions: {}, messages: {} };

	constructor(folder: string) {
		this.file = path.join(folder, "sessions.json");
		this.store.sessions["s"] = { id: "s", messageIds: [], updatedAt: 0 };
	}

	put(content: string): void {
		const now = Date.now();
		const message = {
			id: ulid(),
			sessionId: "s",
			role: "assistant",
			content,
			createdAt: now,
			updatedAt: now,
		};
		this.store.messages[message.id] = message;
		this.store.sessions["s"]?.messageIds.push(message.id);
	}

	async add(content: string): Promise<void> {
		this.put(content);
		await writeFile(this.file, JSON.stringify(this.store, null, 2), "utf8");
	}
}

/** Seed 000: an event is appended to the log, then the cache of recent events and the daemon's state are written anew. */
class TwoFilesPerEvent {
	private readonly folder: string;
	private events: object[] = [];
	private seq = 1;
	private queue: Promise<void> = Promise.resolve();

	constructor(folder: string) {
		this.folder = folder;
	}

	record(event: object): Promise<void> {
		this.queue = this.queue.then(async () => {
			const createdAt = new Date().toISOString();
			const entry = { seq: this.seq++, createdAt, ...event };
			await appendFile(
				path.join(this.folder, "events.jsonl"),
				`${JSON.stringify(entry)}\n`,
				"utf8",
			);
			this.events = [...this.events, entry].slice(-cacheSize);
			const recent = { maxEntries: cacheSize, updatedAt: createdAt, events: this.events };
			await writeFile(path.join(this.folder, "recent.json"), JSON.stringify(recent, null, 2));
			const daemon = { started: true, updatedAt: createdAt, pid: process.pid, child: {} };
			await writeFile(path.join(this.folder, "daemon.json"), JSON.stringify(daemon, null, 2));
		});
		return this.queue;
	}
}

const cacheSize = 200;

export async function seeds(quick: boolean): Promise<Section> {
	const text = new TextMaker(9).text(30);
	const rows = [
		await perEventSnapshot(quick ? 600 : 3000),
		await wholeStore(quick ? 4000 : 40_000, text),
		...(await stateStore(quick ? 200 : 1000)),
		await threadNames(quick ? 500 : 5000),
	];
	return {
		title: "The seeds' algorithms on the same work",
		rows,
		notes: ["The seeds' own writes are not synced; ours are, each one."],
	};
}

async function perEventSnapshot(events: number): Promise<Row> {
	const seed = new SnapshotPerEvent(scratch());
	const theirs = await timed(() => {
		for (let n = 0; n < events; n++) {
			seed.append({ type: `unknown_${n}` });
		}
	});
	const store = newStore();
	const session = await store.create({ title: "Events" });
	const ours = await timed(async () => {
		for (let n = 0; n < events; n++) {
			await session.append([{ type: "note.added", text: `unknown_${n}` }]);
		}
	});
	await store.close();
	return {
		what: `${events.toLocaleString("en")} events one after another (seed 001)`,
		ours: ms(ours),
		against: `a snapshot written per event, ${ms(theirs)}`,
		ratio: times(theirs / ours),
	};
}

async function wholeStore(messages: number, text: string): Promise<Row> {
	const seed = new WholeStore(scratch());
	for (let n = 0; n < messages; n++) {
		seed.put(text);
	}
	const store = newStore();
	const session = await store.create({ title: "Messages" });
	const turn = await session.startTurn();
	for (let n = 0; n < messages; n += 500) {
		await session.append(
			Array.from({ length: 500 }, () => ({
				type: "item.completed" as const,
				turn,
				item: { type: "agentMessage" as const, text },
			})),
		);
	}
	const count = 10;
	const theirs = await timed(async () => {
		for (let n = 0; n < count; n++) {
			await seed.add(text);
		}
	});
	const ours = await timed(async () => {
		for (let n = 0; n < count; n++) {
			await session.addItem(turn, { type: "agentMessage", text });
		}
	});
	await store.close();
	return {
		what: `one more message after ${messages.toLocaleString("en")} (seed 003)`,
		ours: ms(ours / count),
		against: `the whole store written, ${ms(theirs / count)}`,
		ratio: times(theirs / ours),
	};
}

async function stateStore(events: number): Promise<Row[]> {
	const folder = scratch();
	const seed = new TwoFilesPerEvent(folder);
	const paths = Object.fromEntries(
		["identity", "state", "runs", "events", "stdout", "stderr"].map((name) => [
			name,
			path.join(folder, `ours-${name}`),
		]),
	) as unknown as ConstructorParameters<typeof StateStore>[0]["paths"];
	mkdirSync(folder, { recursive: true });
	const store = new StateStore({
		paths,
		nodeId: newId(0),
		root: folder,
		version: "1",
		eventCacheSize: cacheSize,
	});
	await store.initialize();
	const event = (n: number) => ({
		level: "info" as const,
		type: "run.started" as never,
		message: `Event ${n} of the daemon, as long as they are.`,
	});
	const run = async (record: (n: number) => Promise<unknown>, together: number) => {
		for (let n = 0; n < events; n += together) {
			await Promise.all(Array.from({ length: together }, (_, k) => record(n + k)));
		}
	};
	const rows: Row[] = [];
	for (const [together, words] of [
		[1, "one after another"],
		[50, "50 at a time"],
	] as const) {
		const theirs = await timed(() => run((n) => seed.record(event(n)), together));
		const ours = await timed(() => run((n) => store.recordEvent(event(n)), together));
		rows.push({
			what: `${events.toLocaleString("en")} daemon events, ${words} (seed 000)`,
			ours: ms(ours),
			against: `a log line and two files per event, ${ms(theirs)}`,
			ratio: times(theirs / ours),
		});
	}
	await store.settle();
	return rows;
}
