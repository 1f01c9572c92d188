import assert from "node:assert/strict";
import * as fs from "node:fs";
import { appendFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { IndexDatabase } from "../../src/core/index/database.ts";
import { textCheck } from "../../src/core/index/indexedItem.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { SourceIndex } from "../../src/core/index/sourceIndex.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { writeRollouts } from "../bench/datasets.ts";
import { emptyWorkspace, locationsIn, temporaryFolder } from "../support/temporary.ts";

async function codexHome(t: TestContext, count: number) {
	const home = await temporaryFolder(t);
	const locations = locationsIn(home, { CODEX_HOME: home });
	const { phrases } = writeRollouts(home, count);
	const files = fs
		.readdirSync(path.join(home, "sessions"), { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".jsonl"))
		.map((name) => path.join(home, "sessions", name))
		.sort();
	const open = async () => {
		const index = await SessionIndex.open({
			stores: [],
			sources: createSources(locations),
			locations,
		});
		t.after(() => index.close());
		return index;
	};
	return { home, locations, phrases, files, open };
}

const line = (text: string) =>
	`${JSON.stringify({ timestamp: "2026-11-20T10:00:00.000Z", type: "event_msg", payload: { type: "user_message", message: text } })}\n`;

test("phrases of a home's messages are found in their sessions, at their items", async (t) => {
	const { phrases, open } = await codexHome(t, 100);
	const index = await open();
	const result = await index.update();
	assert.equal(result.sessions, 100);
	assert.deepEqual(result.problems, []);
	for (const { session, phrase } of phrases) {
		const { hits } = await index.search(`"${phrase}" role:user`);
		const hit = hits.find((each) => each.session === session);
		assert.ok(hit, `${phrase} in ${session}`);
		assert.ok(hit.snippet.ranges.length > 0);
		const found = hit.snippet.text.slice(...(hit.snippet.ranges[0] as [number, number]));
		assert.equal(found.toLowerCase(), phrase.replace(/\.$/, "").toLowerCase());
	}
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});

test("a hit's item is one of the opened transcript", async (t) => {
	const { locations, phrases, open } = await codexHome(t, 3);
	const index = await open();
	await index.update();
	const [source] = createSources(locations);
	for (const { session, phrase } of phrases) {
		const [hit] = (await index.search(`"${phrase}" session:${session}`)).hits;
		const row = (await index.rows()).find(({ id }) => id === session);
		assert.ok(row && source && hit);
		const transcript = await source.open(row);
		const at = transcript.rows.findIndex(({ id }) => id === hit.item);
		const [item] = await transcript.items(at, at + 1);
		assert.ok(item && "text" in item.content);
		assert.ok(String(item.content.text).includes(phrase));
	}
});

test("a rollout that grows, is compressed, replaced or removed is followed", async (t) => {
	const { files, open } = await codexHome(t, 4);
	const [first = "", second = "", third = "", fourth = ""] = files;
	const index = await open();
	await index.update();
	await appendFile(first, line("A hippopotamus"));
	const grown = await index.update();
	assert.deepEqual([grown.read, grown.changed], [1, 1]);
	assert.equal((await index.search("hippopotamus")).total, 1);
	await writeFile(`${second}.zst`, zstdCompressSync(await readFile(second)));
	await rm(second);
	await writeFile(`${third}.new`, (await readFile(third, "utf8")) + line("A rhinoceros"));
	await rename(`${third}.new`, third);
	await rm(fourth);
	await index.update();
	assert.equal((await index.rows()).length, 3);
	assert.equal((await index.search("rhinoceros")).total, 1);
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
	assert.equal((await index.update()).read, 0);
});

test("a session that its agent has deleted is found as long as a copy is kept of it", async (t) => {
	const { files, phrases, locations, open } = await codexHome(t, 2);
	const catalogue = new Catalogue({
		folders: [],
		sources: createSources(locations),
		locations,
		keepCopies: false,
		keepSources: "all",
	});
	const ignore = () => undefined;
	catalogue.watch({
		storeChanged: ignore,
		sourceChanged: ignore,
		progress: ignore,
		failed: assert.fail,
	});
	await catalogue.refresh();
	catalogue.dispose();
	const index = await open();
	await index.update();
	const before = await index.rows();
	for (const file of files) {
		await rm(file);
	}
	await index.update();
	const after = await index.rows();
	assert.deepEqual(after.map(({ id }) => id).sort(), before.map(({ id }) => id).sort());
	assert.ok(after.every(({ present, file }) => !present && fs.existsSync(file)));
	for (const { session, phrase } of phrases) {
		const { hits } = await index.search(`"${phrase}" role:user`);
		assert.ok(
			hits.some((hit) => hit.session === session && hit.snippet.ranges.length > 0),
			phrase,
		);
	}
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});

test("a large rollout that has grown is whole in an index that is another one, or that could not be written", async (t) => {
	const { files, locations, open } = await codexHome(t, 1);
	const [file = ""] = files;
	const early = Array.from({ length: 1500 }, (_, n) => line(`early ${n} ${"word ".repeat(90)}`));
	await appendFile(file, early.join(""));
	const index = await open();
	const { items } = await index.update();
	await appendFile(file, line("A hippopotamus"));
	assert.equal((await index.rebuild()).items, items + 1);
	await appendFile(file, line("A rhinoceros"));
	await rm(path.join(locations.cache, "index"), { recursive: true });
	assert.equal((await index.update()).items, items + 2);
	const [source] = createSources(locations);
	assert.ok(source);
	const db = IndexDatabase.memory();
	t.after(() => db.close());
	const alone = new SourceIndex(source, db);
	await alone.update([], {});
	await appendFile(file, line("A crocodile"));
	const { write } = db;
	db.write = () => {
		throw new Error("no room");
	};
	await assert.rejects(alone.update([], {}), /no room/);
	db.write = write;
	await appendFile(file, line("A chameleon"));
	await alone.update([], {});
	const { n } = db.statement("SELECT count(*) AS n FROM items").get() as { n: number };
	assert.equal(n, items + 4);
	await index.update();
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});

test("a rollout that has gone since it was indexed keeps no search from its hits", async (t) => {
	const { home, files, open } = await codexHome(t, 3);
	for (const file of files) {
		await appendFile(file, line("A hippopotamus"));
	}
	const index = await open();
	await index.update();
	const archived = path.join(home, "archived_sessions");
	await mkdir(archived);
	await rename(files[0] ?? "", path.join(archived, path.basename(files[0] ?? "")));
	await rm(files[1] ?? "");
	const { hits } = await index.search("hippopotamus");
	assert.deepEqual(hits.map(({ snippet }) => snippet.ranges.length).sort(), [0, 0, 1]);
	assert.equal((await index.search("/hippo/")).total, 1);
	await index.update();
	assert.equal((await index.search("/hippo/ in:all")).total, 2);
});

test("a large rollout is read page by page, and on from where it ended", async (t) => {
	const { files, open } = await codexHome(t, 1);
	const [file = ""] = files;
	const whole = await readFile(file, "utf8");
	const more = Array.from({ length: 3000 }, (_, index) =>
		line(`Message ${index} ${"word ".repeat(50)}`),
	).join("");
	await writeFile(file, whole + more);
	const index = await open();
	const { items } = await index.update();
	await appendFile(file, line("A hippopotamus"));
	const grown = await index.update();
	assert.deepEqual([grown.changed, grown.items], [1, items + 1]);
	assert.equal((await index.search("hippopotamus")).hits[0]?.snippet.text, "A hippopotamus");
	assert.equal((await index.search('"message 2999"')).total, 1);
	const edited = (await readFile(file, "utf8")).replace("Message 1500 ", "Massage 1500 ");
	await writeFile(file, edited + line("A rhinoceros"));
	assert.equal((await index.update()).changed, 3);
	assert.equal((await index.search('"massage 1500"')).total, 1);
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});

test("a home with a FIFO, a loop of links, an unreadable folder and a very long line is survived", async (t) => {
	const { home, files, open } = await codexHome(t, 2);
	const day = path.dirname(files[0] ?? "");
	const name = (digit: number) =>
		path.join(
			day,
			`rollout-2026-01-05T09-00-0${digit}-019a0000-0000-7000-a000-00000000000${digit}.jsonl`,
		);
	const { execFileSync } = await import("node:child_process");
	execFileSync("mkfifo", [name(1)]);
	execFileSync("mkfifo", [path.join(home, "pipe")]);
	await symlink(path.join(home, "pipe"), name(2));
	await symlink(name(3), name(3));
	await symlink(home, path.join(home, "sessions", "loop"));
	await writeFile(name(4), `{"timestamp":"${"x".repeat(5_000_000)}`);
	await writeFile(name(5), "");
	await mkdir(path.join(home, "sessions", "closed"), { mode: 0 });
	const index = await open();
	const result = await index.update();
	assert.ok(result.problems.length > 0);
	assert.ok((await index.rows()).length >= 2);
	assert.equal((await index.search("role:user")).more, false);
	fs.chmodSync(path.join(home, "sessions", "closed"), 0o700);
});

test("a source's session that was adopted is found once, as ours", async (t) => {
	const { store } = await emptyWorkspace(t);
	const { locations, phrases } = await codexHome(t, 2);
	const sources = createSources(locations);
	const index = await SessionIndex.open({ stores: [store], sources, locations });
	t.after(() => index.close());
	await index.update();
	const [wanted] = phrases;
	const row = (await index.rows()).find(({ id }) => id === wanted?.session);
	assert.ok(row && wanted && sources[0]);
	const { session } = await store.adopt(sources[0], row);
	await index.update();
	const { hits } = await index.search(`"${wanted.phrase}" role:user`);
	assert.deepEqual(
		hits.map((hit) => hit.session),
		[session.id],
	);
	assert.equal((await index.rows()).length, 2);
	const changed = row.changedFiles[0];
	if (changed && row.cwd) {
		const sessions = await index.sessionsThatChanged(path.join(row.cwd, changed));
		assert.ok(sessions.some(({ source }) => source === "skein" || source === "codex"));
	}
});

const real = path.resolve(import.meta.dirname, "../../../shared/data/codex");
test("every real rollout: the text of each item is read back from its bytes as it was indexed", {
	skip: !fs.existsSync(real),
}, async (t) => {
	const home = await temporaryFolder(t);
	const names = fs
		.readdirSync(real, { recursive: true, encoding: "utf8" })
		.filter((name) => /rollout[^/]*\.jsonl?(\.zst)?$/.test(name));
	for (const [index, name] of names.entries()) {
		const folder = path.join(home, "sessions", String(index));
		fs.mkdirSync(folder, { recursive: true });
		fs.symlinkSync(path.join(real, name), path.join(folder, path.basename(name)));
	}
	const locations = locationsIn(home, { CODEX_HOME: home });
	const [source] = createSources(locations);
	assert.ok(source);
	const index = new SourceIndex(source, IndexDatabase.memory());
	const { changed } = await index.update([], {});
	assert.ok(changed > 1000);
	let different = 0;
	for (const each of await index.list([])) {
		const file = each.path;
		const reading = await index.replay(each);
		if (!("pages" in reading)) {
			continue;
		}
		for await (const page of reading.pages) {
			const texts = (await index.reader?.texts(file, reading.cwd, page)) ?? [];
			for (const [at, item] of page.entries()) {
				// A raw item's label is not in its bytes.
				if (item.type !== "raw" && textCheck(texts[at] ?? "") !== textCheck(item.text)) {
					different++;
				}
			}
		}
	}
	assert.equal(different, 0);
});
