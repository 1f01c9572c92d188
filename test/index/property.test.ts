import assert from "node:assert/strict";
import {
	appendFile,
	readFile,
	rename,
	rm,
	stat,
	truncate,
	utimes,
	writeFile,
} from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import { examineStore } from "../../src/core/doctor/doctor.ts";
import { IndexDatabase } from "../../src/core/index/database.ts";
import { type Comparison, comparePart } from "../../src/core/index/replay.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { StoreIndex } from "../../src/core/index/storeIndex.ts";
import type { Difference } from "../../src/core/model/difference.ts";
import type { Session } from "../../src/core/store/session.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { locationsIn, temporaryFolder } from "../support/temporary.ts";
import { assertOpenAsFolded } from "./openAsFolded.ts";

type Operation = { readonly kind: string; readonly session: number; readonly word: number };

const words = ["alpha", "beta", "gamma", "東京", "naïve", "delta_epsilon", "zeta"];
const kinds = [
	"create",
	"prompt",
	"prompt",
	"answer",
	"start",
	"change",
	"fork",
	"rename",
	"archive",
	"tag",
	"note",
	"revert",
	"tear",
	"garbage",
	"cut",
	"rewrite",
	"replace",
	"remove",
	"touch",
	"update",
	"update",
	"open",
	"rows",
	"doctor",
] as const;

const operation: fc.Arbitrary<Operation> = fc.record({
	kind: fc.constantFrom(...kinds),
	session: fc.nat(5),
	word: fc.nat(words.length - 1),
});

/** Everything an index holds, without what depends on the order in which it was built. */
function contentOf(db: IndexDatabase): unknown {
	const all = (sql: string) => db.statement(sql).all();
	const found: Record<string, string[]> = {};
	for (const word of ["alpha", "beta", "gamma", "東京", "naive", "delta", "epsilon", "zeta"]) {
		found[word] = all("SELECT id FROM tiers")
			.flatMap(({ id }) =>
				all(
					`SELECT items.id AS id FROM text_${id} JOIN items ON items.key = text_${id}.rowid WHERE text_${id} MATCH '"${word}"'`,
				),
			)
			.map((row) => String(row["id"]))
			.sort();
	}
	const [orphans] = all(
		"SELECT count(*) AS n FROM touched WHERE key NOT IN (SELECT key FROM items)",
	);
	return {
		found,
		orphans,
		files: all("SELECT path, size, depth, session FROM files ORDER BY path"),
		sessions: all("SELECT id, title, about, summary FROM sessions ORDER BY id"),
		about: all('SELECT rowid AS n FROM about WHERE about MATCH \'"alpha" OR "renamed"\'').length,
		items: all(
			"SELECT files.path AS path, items.id AS id, turn, status, time, offset, length, spans, text_check, (key / 256) % 16 AS type FROM items JOIN files ON files.id = items.file ORDER BY files.path, items.id",
		),
		turns: all(
			"SELECT files.path AS path, turns.* FROM turns JOIN files ON files.id = turns.file ORDER BY path, turns.id",
		).map(({ file: _, ...turn }) => turn),
		touched: all(
			"SELECT files.path AS path, touched.path AS name FROM touched JOIN files ON files.id = touched.file ORDER BY 1, 2",
		),
	};
}

class Lab {
	readonly store: WorkspaceStore;
	readonly index: StoreIndex;
	readonly db = IndexDatabase.memory();
	/** What the doctor found different while the index lagged behind: nothing, ever. */
	readonly differences: Difference[] = [];
	private readonly sessions: Session[] = [];
	private clock = Date.UTC(2026, 0, 1);

	constructor(folder: string, home: string) {
		this.store = new WorkspaceStore(folder, locationsIn(home), { clock: () => this.clock });
		this.index = new StoreIndex(this.store, this.db);
	}

	async run({ kind, session: at, word: chosen }: Operation): Promise<void> {
		this.clock += 5000;
		const word = words[chosen] ?? "";
		if (kind === "create" || this.sessions.length === 0) {
			this.sessions.push(await this.store.create({ title: chosen % 2 ? `Title ${word}` : "" }));
			return;
		}
		const session = this.sessions[at % this.sessions.length] as Session;
		try {
			await this.act(kind, session, word);
		} catch (error) {
			// A journal that an earlier operation spoilt or removed refuses; what stands on disk is what counts.
			assert.ok(error instanceof Error);
		}
	}

	/** What the doctor says of the index as it is. */
	compare(): Promise<Comparison> {
		return comparePart({ db: this.db, stores: [this.index], sources: [] }, {});
	}

	private async act(kind: string, session: Session, word: string): Promise<void> {
		const { file } = session;
		const turns = [...session.state.turns.values()];
		const turn = turns.at(-1)?.id;
		switch (kind) {
			case "prompt": {
				const started = await session.startTurn({ model: word });
				await session.addItem(started, { type: "userMessage", text: `Please ${word}` });
				return;
			}
			case "answer":
				if (turn) {
					await session.addItem(turn, { type: "agentMessage", text: `Done: ${word}` });
					await session.completeTurn(turn, "completed", {
						usage: { input: 3, output: 4, total: 7 },
					});
				}
				return;
			case "start":
				if (turn) {
					const [started] = await session.append([
						{ type: "item.started", turn, item: { type: "agentMessage", text: `${word} ` } },
					]);
					await session.append([
						{ type: "item.updated", itemId: started?.id ?? "", append: { text: word } },
					]);
				}
				return;
			case "change":
				if (turn) {
					const changes = [{ path: `src/${word}.ts`, kind: "update" as const, diff: word }];
					await session.addItem(turn, { type: "fileChange", changes });
				}
				return;
			case "fork":
				this.sessions.push(await this.store.fork(session.id));
				return;
			case "rename":
				return await session.rename(`Renamed ${word}`);
			case "archive":
				return await (session.state.archived ? session.unarchive() : session.archive());
			case "tag":
				return await session.tag([word]);
			case "note":
				await session.addNote(`Note ${word}`);
				return;
			case "revert":
				return await session.revertTo([...session.state.items.keys()][0] ?? null);
			case "tear":
				return await appendFile(file, '{"v":1,"id":"01ARZ3NDEK');
			case "garbage":
				return await appendFile(file, `${word}\n`);
			case "cut":
				return await truncate(file, Math.floor((await stat(file)).size * 0.7));
			case "rewrite": {
				// As long as before: only the time of the change of the inode tells.
				const { mtime } = await stat(file);
				const text = await readFile(file, "utf8");
				await writeFile(file, text.replaceAll("alpha", "gamma"));
				return await utimes(file, mtime, mtime);
			}
			case "replace":
				await writeFile(`${file}.tmp`, (await readFile(file, "utf8")).replaceAll("beta", "a beta"));
				return await rename(`${file}.tmp`, file);
			case "remove":
				return await rm(file);
			case "touch":
				return await utimes(file, new Date(this.clock), new Date(this.clock));
			case "update":
				await this.index.update([], { depth: 1 });
				return;
			case "open":
				await assertOpenAsFolded(this.store, this.index);
				return;
			case "doctor":
				this.differences.push(...(await this.compare()).differences);
				return;
			default:
				await this.index.update([], { depth: 0 });
		}
	}
}

test("however it was kept up to date, an index holds what a new one would, and the doctor says so at any time", async (t) => {
	await fc.assert(
		fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), async (operations) => {
			const folder = await temporaryFolder(t);
			const lab = new Lab(folder, await temporaryFolder(t));
			for (const each of operations) {
				await lab.run(each);
			}
			await lab.index.update([], { depth: 1 });
			await assertOpenAsFolded(lab.store, lab.index);
			const { differences, behind } = await lab.compare();
			assert.deepEqual([lab.differences, differences, behind], [[], [], 0]);
			const fresh = IndexDatabase.memory();
			await new StoreIndex(lab.store, fresh).update([], { depth: 1 });
			assert.deepEqual(contentOf(lab.db), contentOf(fresh));
			await lab.store.close();
			await rm(folder, { recursive: true, force: true });
		}),
		{ numRuns: Number(process.env["SKEIN_INDEX_RUNS"] ?? 25), seed: 20261120 },
	);
});

test("an index that was found and one that is rebuilt say the same", async (t) => {
	const folder = await temporaryFolder(t);
	const home = await temporaryFolder(t);
	const lab = new Lab(folder, home);
	t.after(() => lab.store.close());
	for (const each of fc.sample(operation, { numRuns: 60, seed: 7 })) {
		await lab.run(each);
	}
	const index = await SessionIndex.open({
		stores: [lab.store],
		sources: [],
		locations: lab.store.locations,
	});
	t.after(() => index.close());
	const first = await index.update();
	const rows = JSON.stringify(await index.rows());
	const { projection, behind } = await examineStore(lab.store);
	assert.deepEqual([projection.differences, behind], [[], 0]);
	const again = await index.rebuild();
	assert.deepEqual(
		[again.sessions, again.items, again.bytes],
		[first.sessions, first.items, first.bytes],
	);
	assert.equal(JSON.stringify(await index.rows()), rows);
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});
