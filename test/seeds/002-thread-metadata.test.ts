import assert from "node:assert/strict";
import { appendFile, mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import * as zlib from "node:zlib";
import { startCodex } from "../../scripts/lib/codexClient.ts";
import { installCodex } from "../../scripts/lib/install.ts";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { nodeFiles } from "../../src/core/files.ts";
import { type Locations, userLocations } from "../../src/core/locations.ts";
import { createCodexSource } from "../../src/core/sources/codex/source.ts";
import { exchange, meta, text, uuid } from "../../src/core/sources/codex/testRollouts.ts";
import {
	CodexThreadMetadata,
	type ThreadMetadataOptions,
} from "../../src/core/sources/codex/threadMetadata.ts";
import { changeCodexThread, type ThreadChange } from "../../src/daemon/client/codexThread.ts";
import { live, otherCodex } from "../daemon/codexLive.ts";
import { codexLab } from "../daemon/support.ts";
import { temporaryFolder } from "../support/temporary.ts";

// What the original does, metadata of threads over their rollouts, on our code; then its faults, then the real Codex.

interface Lab {
	readonly home: string;
	readonly locations: Locations;
	threads(options?: ThreadMetadataOptions): CodexThreadMetadata;
	/** Writes a rollout of thread `n`, and returns its path. */
	rollout(n: number, options?: { archived?: boolean; id?: string; more?: object }): Promise<string>;
	index(): Promise<{ id: string; thread_name: string; updated_at: string }[]>;
}

async function lab(t: TestContext): Promise<Lab> {
	const folder = await temporaryFolder(t);
	const home = path.join(folder, "codex");
	const locations: Locations = {
		data: path.join(folder, "data"),
		cache: path.join(folder, "cache"),
		home: folder,
		env: { CODEX_HOME: home },
	};
	await mkdir(home);
	return {
		home,
		locations,
		threads: (options) => new CodexThreadMetadata(locations, options),
		async rollout(n, { archived = false, id = uuid(n), more = {} } = {}) {
			const file = path.join(home, archived ? "archived_sessions" : "sessions/2026/01/02", name(n));
			await mkdir(path.dirname(file), { recursive: true });
			const git = { branch: "main", commit_hash: "a".repeat(40) };
			const head = { originator: "codex_cli_rs", source: "cli", model_provider: "demo", git };
			await writeFile(
				file,
				text([meta(id, { ...head, ...more }), ...exchange(`Prompt ${n}`, "Answer")]),
			);
			return file;
		},
		async index() {
			const lines = await readFile(path.join(home, "session_index.jsonl"), "utf8");
			return lines
				.split("\n")
				.filter(Boolean)
				.map((line) => JSON.parse(line));
		},
	};
}

const name = (n: number) => `rollout-2026-01-02T03-04-05-${uuid(n)}.jsonl`;

async function lines(file: string): Promise<Record<string, unknown>[]> {
	const whole = await readFile(file, "utf8");
	assert.ok(whole.endsWith("\n"));
	return whole
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
}

const payload = (line: Record<string, unknown> | undefined) =>
	line?.["payload"] as Record<string, unknown>;

test("seed 002: a name is appended to the rollout and to the index, read back and returned", async (t) => {
	const { rollout, threads, index, locations } = await lab(t);
	const file = await rollout(1);
	const before = await readFile(file, "utf8");
	const now = await threads().update(uuid(1), { name: "  A sharper name " });
	assert.deepEqual(now, {
		thread: uuid(1),
		file,
		archived: false,
		name: "A sharper name",
		memoryMode: null,
		git: { commit: "a".repeat(40), branch: "main", repositoryUrl: null },
	});
	assert.ok((await readFile(file, "utf8")).startsWith(before));
	const last = (await lines(file)).at(-1);
	assert.equal(last?.["type"], "event_msg");
	assert.deepEqual(payload(last), {
		type: "thread_name_updated",
		thread_id: uuid(1),
		thread_name: "A sharper name",
	});
	assert.deepEqual(await index(), [
		{ id: uuid(1), thread_name: "A sharper name", updated_at: last?.["timestamp"] },
	]);
	assert.deepEqual(await threads().read(uuid(1)), now);
	const source = createCodexSource(locations);
	const found = await source.discover(() => undefined);
	const facts = await Promise.all(
		found.map(async (each) => ({ path: each.path, facts: await source.readFacts(each) })),
	);
	const [summary] = await source.summarize(facts);
	assert.deepEqual([summary?.title, summary?.untitled], ["A sharper name", false]);
});

test("seed 002: a memory mode is a further session_meta line, git facts are another, and neither undoes the other", async (t) => {
	const { rollout, threads } = await lab(t);
	const file = await rollout(1);
	const off = await threads().update(uuid(1), { memoryMode: "disabled" });
	assert.equal(off.memoryMode, "disabled");
	const [last] = (await lines(file)).slice(-1);
	assert.equal(last?.["type"], "session_meta");
	assert.equal(payload(last)["id"], uuid(1));
	assert.equal(payload(last)["memory_mode"], "disabled");
	const moved = await threads().update(uuid(1), {
		git: { branch: "feature", commit: null, repositoryUrl: "https://example.com/r.git" },
	});
	assert.deepEqual(moved.git, {
		commit: null,
		branch: "feature",
		repositoryUrl: "https://example.com/r.git",
	});
	assert.equal(moved.memoryMode, "disabled");
	assert.equal(payload((await lines(file)).at(-1))["originator"], "codex_cli_rs");
});

test("seed 002: the live writer's rollout comes first, then active, then archived ones", async (t) => {
	const { rollout, threads, home } = await lab(t);
	const active = await rollout(1);
	const archived = await rollout(1, { archived: true });
	assert.equal((await threads().read(uuid(1))).file, active);
	const liveRollout = async () => ({ path: archived, archived: true });
	const live = await threads({ liveRollout }).update(uuid(1), { name: "Live" });
	assert.deepEqual([live.file, live.archived, live.name], [archived, true, "Live"]);
	await rename(active, path.join(home, "gone"));
	assert.equal((await threads().read(uuid(1))).file, archived);
});

test("seed 002: a rollout that was resumed from elsewhere is used where it is", async (t) => {
	const { rollout, threads, home } = await lab(t);
	const outside = path.join(path.dirname(home), name(1));
	await rename(await rollout(1), outside);
	const liveRollout = async () => ({ path: outside, archived: false });
	const now = await threads({ liveRollout }).update(uuid(1), { memoryMode: "disabled" });
	assert.deepEqual([now.file, now.memoryMode], [outside, "disabled"]);
	await assert.rejects(threads().read(uuid(1)), { reason: "no-such-thread" });
});

test("seed 002: an archived thread is found only when asked for, and stays archived", async (t) => {
	const { rollout, threads, index } = await lab(t);
	const file = await rollout(1, { archived: true });
	await assert.rejects(threads().update(uuid(1), { name: "x" }), {
		message: new RegExp(`thread not found: ${uuid(1)}`),
	});
	const now = await threads().update(
		uuid(1),
		{ name: "Archived title" },
		{ includeArchived: true },
	);
	assert.deepEqual([now.file, now.archived, now.name], [file, true, "Archived title"]);
	assert.equal((await index()).length, 1);
	for (const id of [uuid(2), "../../etc/passwd", "", uuid(1).toUpperCase()]) {
		await assert.rejects(threads().read(id), { reason: "no-such-thread" });
	}
});

test("seed 002: a rollout of another session than its name says is refused", async (t) => {
	const { rollout, threads } = await lab(t);
	const file = await rollout(1, { id: uuid(2) });
	const before = await readFile(file);
	for (const patch of [{ name: "x" }, { memoryMode: "enabled" }] as const) {
		await assert.rejects(threads().update(uuid(1), patch), { message: /metadata id mismatch/ });
	}
	assert.deepEqual(await readFile(file), before);
});

test("seed 002: archive and unarchive move the rollout as Codex does", async (t) => {
	const { rollout, threads, home } = await lab(t);
	const file = await rollout(1);
	const archived = await threads().setArchived(uuid(1), true);
	assert.deepEqual(
		[archived.archived, archived.file],
		[true, path.join(home, "archived_sessions", name(1))],
	);
	assert.deepEqual(await threads().setArchived(uuid(1), true), archived);
	const back = await threads().setArchived(uuid(1), false);
	assert.deepEqual([back.archived, back.file], [false, file]);
	await rollout(1, { archived: true });
	await assert.rejects(threads().setArchived(uuid(1), true), { reason: "exists" });
});

test("seed 002's fault: a patch of several fields is there whole, by one write", async (t) => {
	const { rollout, threads } = await lab(t);
	const file = await rollout(1);
	const count = (await lines(file)).length;
	const patch = { name: "All", memoryMode: "disabled", git: { branch: "other" } } as const;
	const now = await threads().update(uuid(1), patch);
	assert.deepEqual([now.name, now.memoryMode, now.git.branch], ["All", "disabled", "other"]);
	assert.deepEqual(
		(await lines(file)).slice(count).map((line) => line["type"]),
		["session_meta", "event_msg"],
	);
});

test("seed 002's fault: a write that is cut short gives nothing of the patch", async (t) => {
	const { rollout, threads, home } = await lab(t);
	const file = await rollout(1);
	const before = await threads().read(uuid(1));
	const files: typeof nodeFiles = {
		...nodeFiles,
		async open(...args: Parameters<typeof nodeFiles.open>) {
			const handle = await nodeFiles.open(...args);
			if (args[0] === file) {
				const whole = handle.write.bind(handle) as (
					bytes: Buffer,
				) => ReturnType<typeof handle.write>;
				handle.write = ((bytes: Buffer) => whole(bytes.subarray(0, 40))) as never;
			}
			return handle;
		},
	};
	const patch = { name: "All", memoryMode: "disabled" } as const;
	await assert.rejects(threads({ files }).update(uuid(1), patch), { reason: "not-stored" });
	assert.deepEqual(await threads({ clock: later }).read(uuid(1)), before);
	await threads({ clock: later }).finishNames();
	assert.ok(!(await readdir(home)).includes("session_index.jsonl"));
	// The torn line is ended before the next one.
	const now = await threads().update(uuid(1), patch);
	assert.deepEqual([now.name, now.memoryMode], ["All", "disabled"]);
});

test("seed 002's fault: a name that a crash kept out of the index is put there later, once", async (t) => {
	const { rollout, threads, index, home, locations } = await lab(t);
	const file = await rollout(1);
	await crashBeforeIndex(locations, home);
	assert.equal(payload((await lines(file)).at(-1))["thread_name"], "Half");
	// Somebody may still be at it.
	await threads().finishNames();
	assert.ok(!(await readdir(home)).includes("session_index.jsonl"));
	await threads({ clock: later }).finishNames();
	await threads({ clock: later }).finishNames();
	assert.deepEqual(
		(await index()).map((line) => [line.id, line.thread_name]),
		[[uuid(1), "Half"]],
	);
});

test("seed 002's fault: a list of sessions that may write completes it, wherever the rollout is now", async (t) => {
	const { rollout, threads, index, home, locations } = await lab(t);
	await rollout(1);
	await crashBeforeIndex(locations, home);
	await threads().setArchived(uuid(1), true);
	const { data } = locations;
	const sources = [createCodexSource(locations, later)];
	for (const keepCopies of [false, true]) {
		const catalogue = new Catalogue({ folders: [], sources, locations, keepCopies });
		t.after(() => catalogue.dispose());
		const listed = new Promise<void>((resolve, reject) =>
			catalogue.watch({
				storeChanged: () => undefined,
				sourceChanged: () => resolve(),
				progress: () => undefined,
				failed: (text) => reject(new Error(text)),
			}),
		);
		await listed;
		await catalogue.refresh();
		// Nothing is written in a workspace that is not trusted.
		const notes = await readdir(path.join(data, "codex-names"));
		assert.equal(notes.length, keepCopies ? 0 : 1);
	}
	assert.equal((await index())[0]?.thread_name, "Half");
});

test("seed 002's fault: a name that Codex has given since is not undone", async (t) => {
	const { rollout, threads, index, home, locations } = await lab(t);
	await rollout(1);
	await crashBeforeIndex(locations, home);
	const newer = { id: uuid(1), thread_name: "Newer", updated_at: new Date(later()).toISOString() };
	await appendFile(path.join(home, "session_index.jsonl"), `${JSON.stringify(newer)}\n`);
	await threads({ clock: later }).finishNames();
	assert.deepEqual(await index(), [newer]);
});

/** Gives thread 1 a name, and ends after the rollout is written. */
async function crashBeforeIndex(locations: Locations, home: string): Promise<void> {
	const files: typeof nodeFiles = {
		...nodeFiles,
		open: (...args: Parameters<typeof nodeFiles.open>) => {
			if (args[0] === path.join(home, "session_index.jsonl")) {
				throw Object.assign(new Error("no space"), { code: "ENOSPC" });
			}
			return nodeFiles.open(...args);
		},
	};
	await assert.rejects(
		new CodexThreadMetadata(locations, { files }).update(uuid(1), { name: "Half" }),
		{
			reason: "half-stored",
			message: /the disk is full/,
		},
	);
}

const later = () => Date.now() + 60_000;

test("seed 002: what Codex alone can change is refused in a sentence, unchanged", async (t) => {
	const { rollout, threads, home } = await lab(t);
	const refused = async (reason: string, file: string) => {
		const before = await readFile(file);
		await assert.rejects(threads().update(uuid(1), { name: "x" }), { reason });
		await assert.rejects(threads().setArchived(uuid(1), true), { reason });
		assert.deepEqual(await readFile(file), before);
		assert.equal(await threads().isInFiles(uuid(1)), false);
		await rename(file, path.join(home, "gone"));
	};
	await refused("needs-codex", await rollout(1, { more: { history_mode: "paginated" } }));
	const file = await rollout(1);
	await writeFile(`${file}.zst`, zlib.zstdCompressSync(await readFile(file)));
	await rename(file, path.join(home, "gone"));
	await refused("needs-codex", `${file}.zst`);
	await rollout(1);
	await writeFile(file, '{"id":"x","timestamp":"2026-01-01T00:00:00Z","instructions":null}\n');
	await refused("unknown-layout", file);
});

test("seed 002: no link leads out of Codex's folder", async (t) => {
	const { rollout, threads, home } = await lab(t);
	const outside = path.join(path.dirname(home), "outside");
	const file = await rollout(1);
	await rename(path.join(home, "sessions"), outside);
	await symlink(outside, path.join(home, "sessions"));
	const target = path.join(outside, "2026/01/02", name(1));
	const before = await readFile(target);
	await assert.rejects(threads().update(uuid(1), { name: "x" }), { reason: "outside-codex" });
	const elsewhere = await rollout(2, { archived: true });
	await assert.rejects(threads().setArchived(uuid(2), false), { reason: "outside-codex" });
	const plain = path.join(path.dirname(home), "plain");
	await rename(elsewhere, plain);
	await symlink(plain, elsewhere);
	await assert.rejects(threads().update(uuid(2), { name: "x" }, { includeArchived: true }), {
		reason: "no-file",
	});
	assert.deepEqual(await readFile(target), before);
	assert.notEqual(file, target);
});

test("seed 002: Codex shows the name, the archive mark, the branch and the memory mode that were given in its files", async (t) => {
	const { rollout, threads, home } = await lab(t);
	for (const n of [1, 2, 3]) {
		await rollout(n);
	}
	await threads().update(uuid(1), { name: "Before", git: { branch: "feature" } });
	await writeFile(path.join(home, "config.toml"), 'model = "gpt-5.5"\n');
	const codex = await startCodex(await installCodex(), {
		cwd: home,
		env: { ...process.env, HOME: home, CODEX_HOME: home },
	});
	t.after(() => codex.close());
	const listed = async (archived = false) => {
		const { data } = await codex.call("thread/list", { modelProviders: [], archived });
		return (data as { id: string; name: string | null; gitInfo: { branch: string } }[])
			.map(({ id, name, gitInfo }) => [id, name, gitInfo.branch])
			.sort();
	};
	assert.deepEqual(await listed(), [
		[uuid(1), "Before", "feature"],
		[uuid(2), null, "main"],
		[uuid(3), null, "main"],
	]);
	// From here on its database knows them.
	await threads().update(uuid(2), { name: "While it runs" });
	await threads().setArchived(uuid(3), true);
	await threads().update(uuid(3), { name: "In the archive" }, { includeArchived: true });
	assert.deepEqual(await listed(), [
		[uuid(1), "Before", "feature"],
		[uuid(2), "While it runs", "main"],
	]);
	assert.deepEqual(await listed(true), [[uuid(3), "In the archive", "main"]]);
	await codex.call("thread/unarchive", { threadId: uuid(3) });
	assert.equal((await threads().read(uuid(3))).archived, false);
	await codex.call("thread/name/set", { threadId: uuid(2), name: "By Codex" });
	assert.equal((await threads().read(uuid(2))).name, "By Codex");
	await codex.call("thread/memoryMode/set", { threadId: uuid(2), mode: "disabled" });
	assert.equal((await threads().read(uuid(2))).memoryMode, "disabled");
});

test("seed 002: through Codex itself where it is there, which keeps its newer threads' names in a database", async (t) => {
	const lab = await codexLab(t);
	lab.model.script([[{ say: "Hi." }]]);
	const other = await otherCodex(t, lab);
	const { thread } = await other.call("thread/start", { cwd: lab.folder });
	const { id } = thread as { id: string };
	const over = other.next("turn/completed");
	await other.call("turn/start", { threadId: id, input: [{ type: "text", text: "Hi" }] });
	await over;
	await other.close();
	const locations = userLocations({ ...lab.env, ...lab.agent.env });
	const metadata = new CodexThreadMetadata(locations);
	await assert.rejects(metadata.update(id, { name: "x" }), { reason: "needs-codex" });
	const change = (to: ThreadChange, archived = false) => {
		const { agent } = lab;
		return changeCodexThread(id, to, { metadata, agent, connect: () => lab.connect(), archived });
	};
	assert.deepEqual(await change({ name: "By Skein" }), { name: "By Skein", archived: false });
	assert.deepEqual(await change({ archived: true }), { name: "By Skein", archived: true });
	await assert.rejects(change({ name: "x" }, true), { reason: "archived" });
	const again = await otherCodex(t, lab);
	const listed = async (archived: boolean) => {
		const { data } = await again.call("thread/list", { modelProviders: [], archived });
		return (data as { name: string | null }[]).map((each) => each.name);
	};
	assert.deepEqual(await listed(true), ["By Skein"]);
	assert.deepEqual(await change({ archived: false }), { name: "By Skein", archived: false });
	assert.deepEqual(await listed(false), ["By Skein"]);
	const client = await lab.connect();
	const unknown = { thread: uuid(1), agent: lab.agent, change: { name: "x" } };
	await assert.rejects(client.call("changeThread", unknown), { reason: "agent-refused" });
});

test("seed 002: a thread that the daemon's Codex works in is renamed by that one", async (t) => {
	const { session, model, turn, client, agent, watch } = await live(t);
	model.script([[{ say: "Hi." }]]);
	await turn("Hi");
	await session.refresh();
	const thread = session.state.agent.attachment?.thread ?? assert.fail();
	const now = await client.call("changeThread", { thread, agent, change: { name: "Renamed" } });
	assert.deepEqual(now, { name: "Renamed", archived: false });
	// Ours that lives in it follows, as it follows every name that Codex tells of.
	await watch.next("session.changed");
	await session.refresh();
	assert.equal(session.state.title, "Renamed");
});

test("seed 002: in Codex's files where it is not there", async (t) => {
	const { rollout, threads } = await lab(t);
	await rollout(1);
	const agent = { agent: "codex", driver: "codex", command: "/nowhere/codex", args: [] } as const;
	const options = { metadata: threads(), agent: { ...agent, args: [] }, connect: undefined };
	const change = (to: ThreadChange, archived: boolean) =>
		changeCodexThread(uuid(1), to, { ...options, archived });
	assert.deepEqual(await change({ name: "One" }, false), { name: "One", archived: false });
	assert.deepEqual(await change({ archived: true }, false), { name: "One", archived: true });
	assert.deepEqual(await change({ name: "Two" }, true), { name: "Two", archived: true });
	assert.deepEqual(await change({ archived: false }, true), { name: "Two", archived: false });
});
