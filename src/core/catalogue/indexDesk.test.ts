import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { emptyWorkspace } from "../../../test/support/temporary.ts";
import type { FromCatalogue } from "../../protocol/catalogue.ts";
import type { IndexAnswers, IndexQuestion } from "../../protocol/indexQuestions.ts";
import { loadSqlite } from "../index/sqlite.ts";
import { IndexDesk } from "./indexDesk.ts";

async function desk(t: TestContext) {
	const { store, locations } = await emptyWorkspace(t);
	const posted: FromCatalogue[] = [];
	const heard: { by?: (message: FromCatalogue) => void } = {};
	const subject = new IndexDesk({ stores: [store], sources: [], locations }, (message) => {
		posted.push(message);
		heard.by?.(message);
	});
	t.after(() => subject.close());
	let request = 0;
	const ask = async <K extends keyof IndexAnswers>(
		question: Extract<IndexQuestion, { ask: K }>,
	): Promise<IndexAnswers[K]> => {
		const own = ++request;
		await subject.answer(own, question);
		const answer = posted.find((each) => each.type === "answer" && each.request === own);
		assert.ok(answer?.type === "answer", JSON.stringify(posted.at(-1)));
		return answer.answer as IndexAnswers[K];
	};
	return { store, subject, posted, heard, ask };
}

const search = (query: string, offset = 0, limit = 10) =>
	({ ask: "search", query, limit, offset, wait: true }) as const;

async function talk(store: Awaited<ReturnType<typeof desk>>["store"], ...words: string[]) {
	const session = await store.create({ title: "A talk" });
	const turn = await session.startTurn();
	const items: string[] = [];
	for (const text of words) {
		items.push(await session.addItem(turn, { type: "userMessage", text }));
	}
	await session.completeTurn(turn);
	return { session, items };
}

test("a search answers with sessions, items and marked snippets, a page at a time", async (t) => {
	const { store, ask } = await desk(t);
	const { session, items } = await talk(store, "a lighthouse", "two lighthouses", "a lighthouse");
	const all = await ask(search("lighthouse*"));
	assert.deepEqual(
		all.hits.map(({ session: id, item }) => [id, item]),
		items.toReversed().map((item) => [session.id, item]),
	);
	const { text, ranges } = all.hits[0]?.snippet ?? { text: "", ranges: [] };
	assert.deepEqual(
		ranges.map(([start, end]) => text.slice(start, end)),
		["lighthouse"],
	);
	const second = await ask(search("lighthouse*", 1, 1));
	assert.deepEqual([second.hits[0]?.item, second.total], [items[1], 3]);
});

test("after a change, the next question sees it; without a change nothing is read", async (t) => {
	const { store, subject, ask } = await desk(t);
	await talk(store, "an egret");
	assert.equal((await ask(search("heron"))).total, 0);
	await talk(store, "a heron");
	assert.equal((await ask(search("heron"))).total, 0);
	subject.changed();
	assert.equal((await ask(search("heron"))).total, 1);
});

test("an index that is deleted, or a store that has come, is noticed without a word of the disk's", async (t) => {
	const { store, posted, ask } = await desk(t);
	assert.equal((await ask(search("heron"))).total, 0);
	await talk(store, "a heron");
	assert.equal((await ask(search("heron"))).total, 1);
	await rm(path.join(store.locations.cache, "index"), { recursive: true });
	assert.equal((await ask(search("heron"))).total, 1);
	const noted = posted.flatMap((each) => (each.type === "noted" ? each.message : []));
	assert.match(noted.at(-1) ?? "", /was brought up to date with the disk: files read 1, /);
});

test("an update that is stopped answers whoever waits, and is gone on with by the next search", async (t) => {
	const { store, subject, posted, heard, ask } = await desk(t);
	for (let n = 0; n < 40; n++) {
		await talk(store, `heron ${n}`);
	}
	heard.by = ({ type }) => {
		if (type === "indexing") {
			subject.stop();
		}
	};
	await ask({ ask: "update" });
	delete heard.by;
	const notes = () => posted.flatMap((each) => (each.type === "noted" ? each.message : []));
	assert.deepEqual(notes(), ["Indexing was stopped. The next search goes on from there."]);
	assert.equal((await ask(search("heron"))).total, 40);
	assert.match(notes().at(-1) ?? "", /was brought up to date with the disk: files read \d+, /);
});

test("a query with broken syntax is refused with its place", async (t) => {
	const { subject, posted } = await desk(t);
	await subject.answer(7, search('lost ("phrase"'));
	const refused = posted.find((each) => each.type === "refused");
	assert.ok(refused?.type === "refused" && refused.request === 7);
	assert.equal(refused.refusal.reason, "bad-query");
	assert.equal(refused.refusal.place?.position, 5);
});

test("a cancelled question is refused as cancelled, and the next one is answered", async (t) => {
	const { store, subject, posted, ask } = await desk(t);
	await talk(store, "a kestrel");
	const first = subject.answer(50, search("kestrel"));
	subject.cancel(50);
	await first;
	const refused = posted.find((each) => each.type === "refused");
	assert.ok(refused?.type === "refused");
	assert.equal(refused.refusal.reason, "cancelled");
	assert.equal((await ask(search("kestrel"))).total, 1);
});

test("sessions that changed a file are found by its path", async (t) => {
	const { store, ask } = await desk(t);
	const session = await store.create({ title: "Changes" });
	const turn = await session.startTurn();
	const item = await session.addItem(turn, {
		type: "fileChange",
		changes: [{ path: "src/a.ts", kind: "update", diff: "@@ @@\n-a\n+b" }],
	});
	await session.completeTurn(turn);
	const [found, ...others] = await ask({ ask: "changed", file: `${store.folder}/src/a.ts` });
	assert.deepEqual(
		[found?.session, found?.item, found?.changes, others],
		[session.id, item, 1, []],
	);
	assert.deepEqual(await ask({ ask: "changed", file: `${store.folder}/src/b.ts` }), []);
});

test("a rebuild reads everything again and tells how far it is", async (t) => {
	const { store, posted, ask } = await desk(t);
	await talk(store, "a plover");
	assert.equal((await ask(search("plover"))).total, 1);
	const done = await ask({ ask: "rebuild" });
	assert.deepEqual([done.sessions, done.items, done.read], [1, 1, 1]);
	assert.ok(posted.some((each) => each.type === "asked" && each.at.done === each.at.total));
	assert.equal((await ask(search("plover"))).total, 1);
});

test("the doctor finds a sound store sound, and its index equal to a full reading", async (t) => {
	const { store, ask } = await desk(t);
	await talk(store, "a wren");
	const { folders, index } = await ask({ ask: "doctor" });
	assert.deepEqual(
		folders.map(({ folder, found }) => [folder, found.ok, found.sessions]),
		[[store.folder, true, 1]],
	);
	assert.deepEqual(index, { equal: true, differences: [], behind: 0 });
});

test("a session that was indexed gives its last rows, the rows around an item, and all of them by and by", async (t) => {
	const { store, ask } = await desk(t);
	const words = Array.from({ length: 1205 }, (_, index) => `word ${index}`);
	const { session, items } = await talk(store, ...words);
	const about = { folder: store.folder, session: session.id } as const;
	const outline = (around?: string) => ask({ ask: "outline", ...about, around });
	assert.equal(await outline(), undefined, "nothing is read for the question itself");
	assert.equal(await ask({ ask: "indexSession", ...about }), null);
	const opened = await outline();
	assert.ok(opened);
	assert.equal(opened.outline.count, 1205);
	assert.equal(opened.summary.title, "A talk");
	assert.deepEqual([opened.rows.from, opened.rows.columns.ids], [1000, items.slice(1000)]);
	const { rows } = (await outline(items[450])) ?? {};
	assert.deepEqual([rows?.from, rows?.columns.ids], [300, items.slice(300, 600)]);
	assert.equal((await outline("unknown"))?.rows.from, 1000);
	const part = { ...about, mark: opened.outline.mark, from: 0, to: 1000 };
	const rest = await ask({ ask: "rows", ...part });
	assert.deepEqual(rest?.columns.ids, items.slice(0, 1000));
	await session.rename("Another");
	assert.equal(await ask({ ask: "rows", ...part }), undefined);
	assert.equal(await outline(), undefined);
});

test("the doctor says what is wrong with the index; the next question makes it again", async (t) => {
	const { store, posted, ask } = await desk(t);
	await talk(store, "a wren");
	assert.equal((await ask(search("wren"))).total, 1);
	const cache = path.join(store.locations.cache, "index");
	const name = (await readdir(cache)).find((each) => each.endsWith(".db")) ?? "";
	const db = new (loadSqlite().DatabaseSync)(path.join(cache, name));
	db.exec("UPDATE items SET text_check = 1");
	db.close();
	const { index, folders } = await ask({ ask: "doctor" });
	assert.deepEqual([index.equal, index.differences.length, folders[0]?.found.ok], [false, 1, true]);
	assert.ok(posted.some((each) => each.type === "noted" && /was renamed to/.test(each.message)));
	assert.equal((await ask(search("wren"))).total, 1);
	assert.ok((await ask({ ask: "doctor" })).index.equal);
});
