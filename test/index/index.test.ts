import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import {
	appendFile,
	chmod,
	mkdir,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	symlink,
	utimes,
	writeFile,
} from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { examineStore } from "../../src/core/doctor/doctor.ts";
import { applicationId, migrations, schemaVersion } from "../../src/core/index/schema.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { isDamage, isRefusedMatch, loadSqlite } from "../../src/core/index/sqlite.ts";
import type { Locations } from "../../src/core/locations.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { FaultyFiles } from "../property/lab.ts";
import { emptyWorkspace } from "../support/temporary.ts";

async function openIndex(
	t: TestContext,
	store: WorkspaceStore,
	locations: Locations = store.locations,
): Promise<SessionIndex> {
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	t.after(() => index.close());
	return index;
}

async function filled(t: TestContext) {
	const workspace = await emptyWorkspace(t);
	const { store } = workspace;
	const session = await store.create({ title: "Fix the login", agent: "codex" });
	const turn = await session.startTurn({ model: "gpt-5" });
	const prompt = await session.addItem(turn, {
		type: "userMessage",
		text: "Why does the Login fail?",
	});
	const answer = await session.addItem(turn, {
		type: "agentMessage",
		text: "The café token had expired.",
	});
	const change = await session.addItem(turn, {
		type: "fileChange",
		changes: [{ path: "src/login.ts", kind: "update", diff: "@@ @@\n-a\n+refresh()" }],
	});
	await session.completeTurn(turn, "completed", { usage: { input: 10, output: 5, total: 15 } });
	return { ...workspace, session, prompt, answer, change, turn };
}

const onlyFile = async (locations: Locations, ending = ".db") => {
	const folder = path.join(locations.cache, "index");
	const [name] = (await readdir(folder)).filter((each) => each.endsWith(ending));
	return path.join(folder, name ?? "");
};

test("a folder without a store has an empty index, and nothing is written", async (t) => {
	const { store, locations } = await emptyWorkspace(t);
	const index = await openIndex(t, store);
	assert.equal((await index.update()).items, 0);
	assert.deepEqual((await index.search("anything")).hits, []);
	await assert.rejects(readdir(locations.cache));
	await store.create({ title: "Now it is there" });
	await index.update();
	assert.equal((await index.search("there")).total, 1);
});

test("what a session says is found at its item, with the match marked", async (t) => {
	const { store, session, prompt, answer } = await filled(t);
	const index = await openIndex(t, store);
	const result = await index.update();
	assert.equal(result.sessions, 1);
	assert.equal(result.items, 3);
	const { hits, total, more } = await index.search("login fail");
	assert.deepEqual([total, more], [1, false]);
	const [hit] = hits;
	assert.ok(hit);
	assert.deepEqual(
		[hit.session, hit.item, hit.source, hit.title, hit.type],
		[session.id, prompt, "skein", "Fix the login", "userMessage"],
	);
	assert.equal(hit.snippet.text, "Why does the Login fail?");
	assert.deepEqual(
		hit.snippet.ranges.map(([start, end]) => hit.snippet.text.slice(start, end)),
		["Login", "fail"],
	);
	assert.deepEqual(
		(await index.search("CAFE expir*")).hits.map(({ item }) => item),
		[answer],
	);
});

test("a given title, a tag and a note find the session itself", async (t) => {
	const { store, session } = await filled(t);
	await session.tag(["billing"]);
	await session.addNote("Ask Ada about the invoice");
	const index = await openIndex(t, store);
	await index.update();
	for (const query of ["fix", "billing", "invoice ada"]) {
		const { hits } = await index.search(query);
		assert.deepEqual(
			hits.map(({ session: id, item }) => [id, item]),
			[[session.id, null]],
			query,
		);
	}
	await session.rename("Another name");
	await index.update();
	assert.equal((await index.search("fix")).total, 0);
	assert.equal((await index.search('"another name"')).total, 1);
});

test("filters narrow a search; archived and trashed sessions are kept back and counted", async (t) => {
	const { store, session, change } = await filled(t);
	const other = await store.create({ title: "Other", agent: "claude" });
	await other.addItem(await other.startTurn(), { type: "userMessage", text: "login elsewhere" });
	const index = await openIndex(t, store);
	await index.update();
	const count = async (query: string) => (await index.search(query)).total;
	assert.equal(await count("login"), 4);
	assert.equal(await count("login agent:claude"), 1);
	assert.equal(await count("login -agent:claude"), 3);
	assert.equal(await count("login role:user"), 2);
	assert.equal(await count("login file:login.ts"), 3);
	assert.equal(await count("login -file:login.ts"), 1);
	assert.equal(await count("role:change"), 1);
	assert.equal(await count("login after:2020"), 4);
	assert.equal(await count("login before:2020"), 0);
	assert.equal(await count(`login session:${session.id}`), 3);
	assert.equal(await count("login source:codex"), 0);
	await session.tag(["Urgent"]);
	await session.archive();
	await other.trash();
	await index.update();
	const hidden = await index.search("login");
	assert.deepEqual([hidden.total, hidden.hidden], [0, { archived: 3, trashed: 1, context: 0 }]);
	assert.equal(await count("login in:archived"), 3);
	assert.equal(await count("login in:trash"), 1);
	assert.equal(await count("login in:all tag:urgent"), 3);
	assert.deepEqual(
		(await index.sessionsThatChanged(path.join(store.folder, "src", "login.ts"))).map(
			({ session: id, item }) => [id, item],
		),
		[[session.id, change]],
	);
	assert.deepEqual(await index.sessionsThatChanged(path.join(store.folder, "login.ts")), []);
});

test("what agents write for themselves is kept back until it is asked for", async (t) => {
	const { store, session } = await filled(t);
	await session.addItem(await session.startTurn(), {
		type: "raw",
		label: "Environment",
		value: { shell: "zebra" },
	});
	const index = await openIndex(t, store);
	await index.update();
	const result = await index.search("zebra");
	assert.deepEqual([result.total, result.hidden.context], [0, 1]);
	assert.equal((await index.search("zebra role:other")).total, 1);
});

test("a regular expression is a second pass, and one that never ends is ended", async (t) => {
	const { store, prompt, answer, session } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	const items = async (query: string) => (await index.search(query)).hits.map(({ item }) => item);
	assert.deepEqual(await items("/log[a-z]+ fail\\?/i"), [prompt]);
	assert.deepEqual(await items("the /expired\\.$/"), [answer]);
	assert.deepEqual(await items("the -/expired/ role:user"), [prompt]);
	const { hits } = await index.search("/T\\w+n/i role:agent");
	assert.equal(hits[0]?.snippet.text.slice(...(hits[0].snippet.ranges[0] ?? [])), "token");
	await session.addItem(await session.startTurn(), { type: "userMessage", text: "a".repeat(60) });
	await index.update();
	await assert.rejects(index.search("/^(a+)+$!/"), /takes too long/);
	const text = `error, then ${"a".repeat(60)}!`;
	await session.addItem(await session.startTurn(), { type: "userMessage", text });
	await index.update();
	const [found] = (await index.search("/error|(a+)+$/ -/never/")).hits;
	assert.deepEqual(found?.snippet, { text, ranges: [[0, 5]] });
});

test("a query nested as deep as may be is answered, a deeper one refused, and neither is taken for damage", async (t) => {
	const { store } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	const nested = (levels: number, level: (inner: string) => string) =>
		Array.from({ length: levels }).reduce<string>(level, "login");
	for (const level of [
		(inner: string) => `(the ${inner})`,
		(inner: string) => `(${inner} OR the)`,
		(inner: string) => `(the OR login -never -"not this"* -(none ${inner}))`,
		(inner: string) => `(the login OR a b -never -${inner} -nowhere OR login)`,
	]) {
		for (let levels = 1; levels < 6; levels++) {
			await index.search(nested(levels, level));
		}
		await index.search(`the OR ${nested(10, (inner) => `(the OR login -b -${inner})`)}`);
		await assert.rejects(index.search(nested(40, level)), /nested too deep/);
	}
	await index.search(Array.from({ length: 3000 }, (_, n) => `word${n}`).join(" OR "));
	assert.deepEqual(index.notices, []);
	const { DatabaseSync } = loadSqlite();
	const db = new DatabaseSync(":memory:");
	db.exec("CREATE VIRTUAL TABLE words USING fts5(body)");
	const refused = (expression: string) => {
		try {
			db.prepare("SELECT * FROM words WHERE words MATCH ?").all(expression);
		} catch (error) {
			return isRefusedMatch(error) && !isDamage(error);
		}
		return false;
	};
	assert.ok(refused(`${"(a OR ".repeat(90)}b${")".repeat(90)}`));
	assert.ok(refused("a AND"));
	db.close();
});

test("newest first; by relevance on request; pages do not overlap", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Order" });
	const turn = await session.startTurn();
	const ids: string[] = [];
	for (let index = 0; index < 30; index++) {
		const ts = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
		const text = index === 3 ? "needle needle needle" : `needle ${"hay ".repeat(20)}${index}`;
		ids.push(await session.addItem(turn, { type: "agentMessage", text }, ts));
	}
	const index = await openIndex(t, store);
	await index.update();
	const all = await index.search("needle", { limit: 100 });
	assert.deepEqual(
		all.hits.map(({ item }) => item),
		ids.toReversed(),
	);
	const pages = [
		await index.search("needle", { limit: 20 }),
		await index.search("needle", { limit: 20, offset: 20 }),
	];
	assert.deepEqual(
		pages.flatMap(({ hits }) => hits.map(({ item }) => item)),
		ids.toReversed(),
	);
	const ranked = await index.search("needle hay*", { order: "relevance", limit: 1 });
	assert.equal(ranked.total, 29);
	assert.equal(
		(await index.search("needle", { order: "relevance", limit: 1 })).hits[0]?.item,
		ids[3],
	);
});

test("more matches than are ordered are said to be there", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Many" });
	const turn = await session.startTurn();
	const drafts = Array.from({ length: 1200 }, (_, index) => ({
		type: "item.completed" as const,
		turn,
		item: { type: "agentMessage" as const, text: `common ${index}` },
		ts: "2026-01-01T00:00:00.000Z",
	}));
	await session.append(drafts);
	const index = await openIndex(t, store);
	await index.update();
	const { total, more, hits } = await index.search("common", { limit: 5 });
	assert.deepEqual([total, more, hits.length], [1000, true, 5]);
	assert.equal((await index.items(session.id, 0, 5000)).length, 1200);
	assert.ok((await index.compareWithReplay()).equal);
});

test("a growing session is read on; a running item is found by what it says so far", async (t) => {
	const { store, session } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	const turn = await session.startTurn();
	const [started] = await session.append([
		{ type: "item.started", turn, item: { type: "agentMessage", text: "Thinking about " } },
	]);
	const itemId = started?.id ?? "";
	await session.append([{ type: "item.updated", itemId, append: { text: "zeppelins" } }]);
	assert.equal((await index.update()).changed, 1);
	const [hit] = (await index.search("zeppelins")).hits;
	assert.equal(hit?.snippet.text, "Thinking about zeppelins");
	await session.append([
		{ type: "item.completed", turn, itemId, item: { type: "agentMessage", text: "Balloons" } },
	]);
	assert.equal((await index.update()).changed, 2);
	assert.equal((await index.search("zeppelins")).total, 0);
	assert.equal((await index.search("balloons")).hits[0]?.item, itemId);
	assert.equal((await index.update()).read, 0);
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});

test("a rewritten, replaced, touched or deleted journal is noticed", async (t) => {
	const { store, session } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	const text = await readFile(session.file, "utf8");
	const { mtimeMs } = await stat(session.file);

	await chmod(session.file, 0o644);
	assert.equal((await index.update()).read, 0, "the bytes are the same");
	await writeFile(session.file, text.replace("refresh()", "renewed()"));
	await utimes(session.file, mtimeMs / 1000, mtimeMs / 1000);
	assert.equal((await index.update()).read, 1, "same size and time, other bytes");
	assert.equal((await index.search("renewed")).total, 1);
	await writeFile(`${session.file}.new`, text.replace("expired", "perished"));
	await rename(`${session.file}.new`, session.file);
	await index.update();
	assert.equal((await index.search("perished")).total, 1);
	assert.equal((await index.search("expired")).total, 0);
	await writeFile(session.file, `${text.split("\n").slice(0, 3).join("\n")}\n`);
	await index.update();
	assert.equal((await index.search("perished")).total, 0);
	assert.equal((await index.search("login role:user")).total, 1);
	assert.ok((await index.compareWithReplay()).equal);
	await rm(session.file);
	assert.equal((await index.update()).removed, 1);
	assert.equal((await index.search("login in:all")).total, 0);
	assert.deepEqual(await index.rows(), []);
});

test("a fork's row follows its parent, and comes back with it", async (t) => {
	const { store, session, answer } = await filled(t);
	const fork = await store.fork(session.id, answer);
	const index = await openIndex(t, store);
	await index.update();
	const row = async () => (await index.rows()).find(({ id }) => id === fork.id);
	assert.equal((await row())?.items, 2);
	await rename(session.file, `${session.file}.aside`);
	await index.update();
	assert.equal((await row())?.items, 0);
	await rename(`${session.file}.aside`, session.file);
	await index.update();
	assert.equal((await row())?.items, 2);
	assert.ok((await index.compareWithReplay()).equal);
});

test("files that are no journals are refused or reported, and nothing waits for them", async (t) => {
	const { store } = await filled(t);
	const { sessions } = store.layout;
	const id = (digit: string) => `01ARZ3NDEKTSV4RRFFQ69G5FA${digit}.jsonl`;
	await writeFile(path.join(sessions, id("A")), Buffer.from([0, 1, 2, 255]));
	await writeFile(path.join(sessions, id("B")), `{"v":1,"id":"${"x".repeat(3_000_000)}`);
	await mkdir(path.join(sessions, id("C")));
	await symlink(path.join(sessions, id("D")), path.join(sessions, id("D")));
	const { execFileSync } = await import("node:child_process");
	execFileSync("mkfifo", [path.join(sessions, id("E"))]);
	await writeFile(path.join(sessions, "notes.txt"), "");
	const index = await openIndex(t, store);
	const result = await index.update();
	assert.equal(result.problems.length, 1);
	const rows = await index.rows();
	assert.equal(rows.length, 6);
	assert.equal(rows.filter(({ warning }) => warning !== null).length, 5);
	assert.equal((await index.search("login")).total, 3);
});

test("a journal that is purged, or cannot be read any more, at any moment of an update: the others are read, and it keeps its right", async (t) => {
	for (const what of ["purged", "EIO"] as const) {
		let left = -1;
		let moment = 0;
		for (; left < 0; moment++) {
			const { store, session, locations } = await filled(t);
			const other = await store.create({ title: "Beside it" });
			await other.addItem(await other.startTurn(), { type: "userMessage", text: "A heron" });
			const faulty = new FaultyFiles();
			left = moment;
			faulty.fault = ({ operation, path: file }) => {
				if (file !== session.file || operation === "handleClose" || left-- !== 0) {
					return undefined;
				}
				return what === "EIO" ? { fail: "EIO" } : { before: () => rm(session.file) };
			};
			const reading = new WorkspaceStore(store.folder, locations, { files: faulty.files });
			const index = await openIndex(t, reading);
			const { sessions } = await index.update();
			faulty.fault = () => undefined;
			assert.equal((await index.search("heron")).total, 1, `moment ${moment}`);
			const gone = what === "purged" && !existsSync(session.file);
			const late = gone && left < 0 && sessions === 2;
			assert.ok(late || sessions === (gone ? 1 : 2), `moment ${moment}: ${sessions}`);
			await index.update();
			assert.equal((await index.search("login")).total, gone ? 0 : 3, `moment ${moment}`);
			assert.deepEqual(await index.compareWithReplay(), {
				equal: true,
				differences: [],
				behind: 0,
			});
			index.close();
			await reading.close();
		}
		assert.ok(moment > 5, `${moment} moments`);
	}
});

test("an edit in place that makes a journal longer is noticed, also where its last record stands as before", async (t) => {
	const { store, session } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	for (const [was, is] of [
		["Why does", "How does"],
		["How does", "Say, how"],
	] as const) {
		const more = await readFile(session.file, "utf8");
		await session.addItem(await session.startTurn(), { type: "userMessage", text: `Not ${is}` });
		const added = (await readFile(session.file, "utf8")).slice(more.length);
		// All bytes up to the last known record keep their places.
		await writeFile(session.file, more.replace(was, is) + added);
		await index.update();
		assert.equal((await index.search(`"${was} the login"`)).total, 0);
		assert.equal((await index.search(`"${is} the login"`)).total, 1);
		assert.equal((await index.search(`"not ${is}"`)).total, 1);
		assert.ok((await index.compareWithReplay()).equal);
	}
});

test("an index that is deleted while it is open is made again", async (t) => {
	const { store, locations } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	await rm(locations.cache, { recursive: true });
	assert.equal((await index.update()).items, 3);
	assert.equal((await index.search("login")).total, 3);
	const again = await openIndex(t, store);
	assert.equal((await again.update()).read, 0);
});

for (const [what, spoil] of [
	["of random bytes", (bytes: Buffer) => bytes.fill(0x5a)],
	["cut short", (bytes: Buffer) => bytes.subarray(0, 5000)],
	["empty", () => Buffer.alloc(0)],
	["with its first page overwritten", (bytes: Buffer) => bytes.fill(0xff, 0, 2000)],
	["with its middle overwritten", (bytes: Buffer) => bytes.fill(0xff, 20_000, bytes.length - 3000)],
] as const) {
	test(`an index ${what} is set aside or repaired, and said`, async (t) => {
		const { store, locations } = await filled(t);
		const first = await openIndex(t, store);
		await first.update();
		first.close();
		const file = await onlyFile(locations);
		await writeFile(file, spoil(await readFile(file)));
		const index = await openIndex(t, store);
		await index.update();
		assert.equal((await index.search("login")).total, 3);
		assert.equal((await index.rows()).length, 1);
		assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
		if (what !== "empty") {
			assert.match(index.notices.join(" "), /renamed to .*\.aside/);
		}
	});
}

test("an update that finds nothing new writes nothing", async (t) => {
	const { store, locations } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	const other = new (loadSqlite().DatabaseSync)(await onlyFile(locations));
	t.after(() => other.close());
	const version = () => Object.values(other.prepare("PRAGMA data_version").get() ?? {})[0];
	const before = version();
	await index.update();
	assert.equal(version(), before);
	other.exec("BEGIN IMMEDIATE");
	assert.equal((await index.update()).read, 0);
	other.exec("ROLLBACK");
});

test("an index that is deleted in the middle of an update is whole after it", async (t) => {
	const { store, locations, session } = await filled(t);
	const others = [];
	for (let n = 0; n < 4; n++) {
		const other = await store.create({ title: `Session ${n}` });
		await other.addItem(await other.startTurn(), { type: "userMessage", text: `needle ${n}` });
		others.push(other);
	}
	const index = await openIndex(t, store);
	await index.update();
	await session.addItem(await session.startTurn(), { type: "userMessage", text: "needle more" });
	const file = await onlyFile(locations);
	for (const at of [0, 1]) {
		let isGone = false;
		await others[at]?.rename(`Another name ${at}`);
		const done = await index.update({
			progress: (count) => {
				if (count === at && !isGone) {
					isGone = true;
					for (const ending of ["", "-wal", "-shm"]) {
						rmSync(`${file}${ending}`, { force: true });
					}
				}
			},
		});
		assert.ok(isGone);
		assert.deepEqual([done.sessions, done.items], [5, 8]);
		assert.equal((await index.search("needle")).total, 5);
		assert.equal(await index.isNew(), false);
		assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
	}
	const always = index.update({ progress: () => rmSync(file, { force: true }) });
	await assert.rejects(always, { reason: "index-busy" });
	await index.update();
	assert.equal((await index.search("needle")).total, 5);
});

test("what another process has made anew is not set aside", async (t) => {
	const { store, locations } = await filled(t);
	const [index, other] = [await openIndex(t, store), await openIndex(t, store)];
	await index.update();
	const file = await onlyFile(locations);
	const { DatabaseSync } = loadSqlite();
	const db = new DatabaseSync(file);
	db.exec("UPDATE items SET status = 2");
	db.close();
	let isMended = false;
	const { differences } = await index.compareWithReplay({
		progress: () => {
			if (!isMended) {
				isMended = true;
				rmSync(file);
				rmSync(`${file}-wal`);
			}
		},
	});
	assert.ok(isMended && differences.length > 0);
	await other.update();
	assert.equal((await other.search("login")).total, 3);
	assert.deepEqual(index.notices, []);
	assert.ok(!existsSync(`${file}.aside`));
});

test("single flipped bits never give a wrong row, and a rebuild is always right", async (t) => {
	const { store, locations } = await filled(t);
	const first = await openIndex(t, store);
	await first.update();
	const rows = JSON.stringify(await first.rows());
	first.close();
	const file = await onlyFile(locations);
	const whole = await readFile(file);
	for (let at = 17; at < whole.length; at += Math.ceil(whole.length / 60)) {
		const bytes = Buffer.from(whole);
		bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
		await writeFile(file, bytes);
		const index = await openIndex(t, store);
		await index.update();
		assert.equal(JSON.stringify(await index.rows()), rows, `byte ${at}`);
		await index.rebuild();
		assert.equal((await index.search("login")).total, 3, `byte ${at}`);
		assert.ok((await index.compareWithReplay()).equal, `byte ${at}`);
		index.close();
	}
});

test("a flipped bit in the header's format numbers is damage, not a file that may only be read", async (t) => {
	for (const at of [18, 19]) {
		for (const isOpen of [false, true]) {
			const { store, locations, session } = await filled(t);
			const index = await openIndex(t, store);
			await index.update();
			if (!isOpen) {
				index.close();
			}
			const file = await onlyFile(locations);
			const bytes = await readFile(file);
			bytes[at] = (bytes[at] ?? 0) ^ 1;
			await writeFile(file, bytes);
			await session.rename("Fix the logout");
			await index.update();
			assert.equal((await index.search("logout")).total, 1);
			index.close();
			const again = await openIndex(t, store);
			await again.update();
			assert.ok((await again.compareWithReplay()).equal);
			if (!isOpen) {
				assert.match(index.notices.join(), / is damaged .*renamed to/);
			}
			again.close();
		}
	}
});

test("a file of a newer version, and somebody else's database, are set aside whole", async (t) => {
	const { store, locations } = await filled(t);
	const first = await openIndex(t, store);
	await first.update();
	first.close();
	const file = await onlyFile(locations);
	const { DatabaseSync } = loadSqlite();
	const newer = new DatabaseSync(file);
	newer.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
	newer.close();
	const index = await openIndex(t, store);
	assert.match(index.notices.join(), /made by a newer Skein/);
	assert.equal((await index.update()).items, 3);
	index.close();
	await rm(file);
	const foreign = new DatabaseSync(file);
	foreign.exec("CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
	foreign.close();
	const again = await openIndex(t, store);
	assert.match(again.notices.join(), /not an index of Skein's/);
	assert.equal((await again.update()).items, 3);
	const aside = new DatabaseSync(`${file}.aside`);
	assert.equal(aside.prepare("SELECT x FROM precious").get()?.["x"], 1);
	aside.close();
});

test("every older version is brought up to date", async (t) => {
	for (let version = 0; version < schemaVersion; version++) {
		const { store, locations } = await filled(t);
		const status = await store.status();
		assert.ok(status.kind === "ready");
		await mkdir(path.join(locations.cache, "index"), { recursive: true });
		const db = new (loadSqlite().DatabaseSync)(
			path.join(locations.cache, "index", `${status.storeId}.db`),
		);
		for (const step of migrations.slice(0, version)) {
			db.exec(step);
		}
		db.exec(
			`PRAGMA application_id = ${version === 0 ? 0 : applicationId}; PRAGMA user_version = ${version}`,
		);
		db.close();
		const index = await openIndex(t, store);
		assert.equal((await index.update()).items, 3);
		assert.deepEqual(index.notices, []);
	}
});

test("where no index can be kept, it works in memory and says so", async (t) => {
	const { store, locations } = await filled(t);
	await mkdir(path.dirname(locations.cache), { recursive: true });
	await writeFile(locations.cache, "a file where a folder should be");
	const index = await openIndex(t, store);
	await index.update();
	assert.equal((await index.search("login")).total, 3);
	assert.match(index.notices.join(), /made in memory instead/);
	await index.rebuild();
	assert.equal((await index.search("login")).total, 3);
	assert.ok(!existsSync(":memory:.lock"));
});

test("an update that is cancelled leaves what it has read, and the next goes on", async (t) => {
	const { store } = await emptyWorkspace(t);
	for (let index = 0; index < 5; index++) {
		const session = await store.create({ title: `Session ${index}` });
		await session.addItem(await session.startTurn(), { type: "userMessage", text: "word" });
	}
	const index = await openIndex(t, store);
	const controller = new AbortController();
	const seen: number[] = [];
	await assert.rejects(
		index.update({
			signal: controller.signal,
			progress: (done) => {
				seen.push(done);
				if (done === 2) {
					controller.abort();
				}
			},
		}),
		{ name: "AbortError" },
	);
	assert.deepEqual(seen, [0, 1, 2]);
	assert.equal((await index.search("word")).total, 2);
	assert.equal((await index.update()).read, 3);
	assert.equal((await index.search("word")).total, 5);
});

test("a copy of a folder has an index of its own; a moved folder keeps one", async (t) => {
	const { store, locations, session } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	const { cp } = await import("node:fs/promises");
	const copy = `${store.folder}-copy`;
	t.after(() => rm(copy, { recursive: true, force: true }));
	await cp(store.folder, copy, { recursive: true });
	const copied = new WorkspaceStore(copy, locations);
	t.after(() => copied.close());
	await (await copied.open(session.id)).rename("In the copy");
	const other = await openIndex(t, copied);
	await other.update();
	await index.update();
	assert.deepEqual(
		(await index.rows()).map(({ title }) => title),
		["Fix the login"],
	);
	assert.deepEqual(
		(await other.rows()).map(({ title }) => title),
		["In the copy"],
	);
	other.close();
	const moved = `${copy}-moved`;
	t.after(() => rm(moved, { recursive: true, force: true }));
	await rm(store.folder, { recursive: true });
	await rename(copy, moved);
	const late = await openIndex(t, new WorkspaceStore(moved, locations));
	await late.update();
	const [row] = await late.rows();
	assert.equal(row?.file, path.join(moved, ".vscode", "skein", "sessions", `${session.id}.jsonl`));
	assert.ok((await late.compareWithReplay()).equal);
});

test("places say where an item's bytes are", async (t) => {
	const { store, session, prompt, answer, change } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	const places = await index.items(session.id, 0, 10);
	assert.deepEqual(
		places.map(({ id }) => id),
		[prompt, answer, change],
	);
	assert.deepEqual(
		(await index.items(session.id, 1, 2)).map(({ id }) => id),
		[answer],
	);
	const bytes = await readFile(session.file);
	for (const { spans, id, file } of places) {
		assert.equal(file, session.file);
		const [offset = 0, length = 0] = spans;
		assert.equal(JSON.parse(bytes.toString("utf8", offset, offset + length)).id, id);
	}
	assert.deepEqual(await index.items("codex:none", 0, 10), []);
});

test("the doctor's comparison finds what is wrong in an index", async (t) => {
	const { store, locations, session, prompt } = await filled(t);
	const index = await openIndex(t, store);
	await index.update();
	const db = new (loadSqlite().DatabaseSync)(await onlyFile(locations));
	db.exec("UPDATE items SET text_check = 1 WHERE rowid = (SELECT min(key) FROM items)");
	db.close();
	const { equal, differences } = await index.compareWithReplay();
	assert.equal(equal, false);
	assert.deepEqual(
		differences.map(({ session: id, projection, field, found }) => [id, projection, field, found]),
		[[session.id, "index", `text of item ${prompt}`, 1]],
	);
	assert.match(index.notices.join(), /does not say what the sessions say.*renamed to .*\.aside/);
	await index.update();
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});

test("words that no text has, or that a text has lost, are found by the doctor although all checks agree", async (t) => {
	for (const harm of [
		undefined,
		"DELETE FROM text_1 WHERE rowid = (SELECT max(key) FROM items)",
		"DELETE FROM about",
	]) {
		const { store, locations } = await filled(t);
		const index = await openIndex(t, store);
		await index.update();
		index.close();
		const file = await onlyFile(locations);
		if (harm === undefined) {
			const bytes = await readFile(file);
			bytes.write("x", bytes.indexOf("expired") + "expire".length);
			await writeFile(file, bytes);
		}
		const db = new (loadSqlite().DatabaseSync)(file);
		assert.equal(db.prepare("PRAGMA quick_check").get()?.["quick_check"], "ok");
		db.exec(harm ?? "");
		db.close();
		const { ok, projection } = await examineStore(store);
		assert.deepEqual(
			[ok, projection.differences.map(({ field }) => field.split(" ")[0])],
			[false, ["words"]],
			harm ?? "a letter",
		);
		assert.equal((await index.update()).read, 1);
		assert.ok((await examineStore(store)).ok);
		index.close();
	}
});

test("the doctor makes no index, and what the index lags behind is no difference", async (t) => {
	const { store, locations, session } = await filled(t);
	assert.ok((await examineStore(store)).ok);
	await assert.rejects(readdir(path.join(locations.cache, "index")), { code: "ENOENT" });
	const index = await openIndex(t, store);
	await index.update();
	await session.addItem(await session.startTurn(), { type: "userMessage", text: "More" });
	const { ok, behind } = await examineStore(store);
	assert.deepEqual([ok, behind], [true, 1]);
	await index.update();
	assert.equal((await examineStore(store)).behind, 0);
});

test("whatever bytes an index has, the doctor throws nothing, says it once, and the next use is right", async (t) => {
	const { store, locations } = await filled(t);
	const first = await openIndex(t, store);
	await first.update();
	first.close();
	const file = await onlyFile(locations);
	const whole = await readFile(file);
	const places = Array.from({ length: 40 }, (_, n) => Math.floor((n * whole.length) / 40) + n);
	let found = 0;
	for (const at of [18, 19, ...places]) {
		const bytes = Buffer.from(whole);
		bytes.fill(0xff, at, at + 200);
		await writeFile(file, bytes);
		const { projection } = await examineStore(store);
		found += projection.differences.length > 0 ? 1 : 0;
		const index = await openIndex(t, store);
		await index.update();
		assert.equal((await index.search("login")).total, 3, `byte ${at}`);
		index.close();
		assert.ok((await examineStore(store)).ok, `byte ${at}`);
	}
	assert.ok(found >= 3, `${found} found`);
});

test("statistics count sessions, items, turns and tokens", async (t) => {
	const { store, session } = await filled(t);
	await appendFile(session.file, "");
	const index = await openIndex(t, store);
	await index.update();
	const stats = await index.stats();
	assert.deepEqual(stats.sessions, { skein: 1 });
	assert.equal(stats.items["userMessage"], 1);
	assert.deepEqual(stats.models["gpt-5"], {
		turns: 1,
		input: 10,
		cachedInput: 0,
		output: 5,
		reasoning: 0,
		total: 15,
	});
});

test("what is kept in payloads is found, shown, and what the doctor compares with", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Payloads" });
	const turn = await session.startTurn();
	const filler = "lorem ".repeat(12_000);
	const output = await session.addItem(turn, {
		type: "commandExecution",
		command: "npm test",
		output: `firstword ${filler} lastword`,
	});
	const changes = Array.from({ length: 8 }, (_, n) => ({
		path: `src/file${n}.ts`,
		kind: "update" as const,
		diff: `@@ @@\n+diffword${n} ${"ipsum ".repeat(8_000)}`,
	}));
	const change = await session.addItem(turn, { type: "fileChange", changes });
	const [started] = await session.append([
		{ type: "item.started", turn, item: { type: "agentMessage", text: `partword ${filler}` } },
	]);
	await session.append([
		{ type: "item.updated", itemId: started?.id ?? "", append: { text: "endword" } },
	]);
	assert.match(await readFile(session.file, "utf8"), /"blob":"sha256:.*"blob":"sha256:/s);
	const index = await openIndex(t, store);
	await index.update();
	for (const [query, item] of [
		["firstword", output],
		["lastword", output],
		["npm /last[w]ord/", output],
		["diffword7", change],
		["partword", started?.id],
		["endword", started?.id],
	] as const) {
		const { hits } = await index.search(query);
		assert.deepEqual(
			hits.map((hit) => hit.item),
			[item],
			query,
		);
		assert.equal(hits[0]?.snippet.ranges.length, 1, query);
	}
	assert.ok((await index.compareWithReplay()).equal);
	index.close();
	const older = new (loadSqlite().DatabaseSync)(await onlyFile(store.locations));
	older.exec("PRAGMA user_version = 3");
	older.close();
	assert.equal((await index.update()).read, 1, "an index from before is made good");
	const named = { blob: `sha256:${"ab".repeat(32)}`, bytes: 9, mime: "image/png" };
	await session.addItem(turn, { type: "toolCall", tool: "screenshot", output: named });
	await index.update();
	assert.equal((await index.search("screenshot")).total, 1);
});

test("a payload that is a link, or is not what its name says, is neither found in nor shown", async (t) => {
	const { store } = await emptyWorkspace(t);
	const secret = path.join(store.folder, "id_rsa");
	await writeFile(secret, "-----BEGIN KEY----- topsecretvalue\n");
	const session = await store.create({ title: "Hostile" });
	const turn = await session.startTurn();
	const hashes = { link: "ab".repeat(32), other: "cd".repeat(32) };
	await mkdir(path.join(store.layout.blobs, "ab"), { recursive: true });
	await mkdir(path.join(store.layout.blobs, "cd"), { recursive: true });
	await symlink(secret, path.join(store.layout.blobs, "ab", hashes.link));
	await writeFile(path.join(store.layout.blobs, "cd", hashes.other), "otherbytes");
	for (const hash of Object.values(hashes)) {
		const output = { blob: `sha256:${hash}`, bytes: 35, mime: "text/plain" };
		await session.addItem(turn, { type: "commandExecution", command: "needle", output });
	}
	const index = await openIndex(t, store);
	await index.update();
	const { hits } = await index.search("needle");
	assert.deepEqual(
		hits.map(({ snippet }) => snippet.text),
		["needle", "needle"],
	);
	for (const query of ["topsecretvalue", "otherbytes", "needle /secret|bytes/"]) {
		assert.equal((await index.search(query)).total, 0, query);
	}
});
