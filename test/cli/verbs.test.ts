import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { Place, sourceMain } from "./harness.ts";

interface Row {
	id: string;
	title: string;
	source: string;
	archived: boolean;
	trashed: boolean;
	pinned: boolean;
	tags: string[];
	notes: number;
	items: number;
	parent: { session: string; at: string | null } | null;
}
interface Listing {
	sessions: Row[];
	hidden: { archived: number; trashed: number; otherFolders: number };
}
interface One {
	session: Row;
}
interface Shown extends One {
	items: { id: string; turn: string; type: string; ts: string; text?: string }[];
	branches: number;
	diagnostics: unknown[];
}

const talk = [
	{ type: "userMessage", text: "Fix the login" },
	{ type: "agentMessage", text: "Done." },
];

test("list of a folder without sessions is empty and writes nothing", async (t) => {
	const place = await Place.make(t);
	assert.deepEqual(await place.json(["list"]), {
		sessions: [],
		hidden: { archived: 0, trashed: 0, otherFolders: 0 },
	});
	assert.deepEqual(await readdir(place.folder), []);
});

test("create, append, list and show have the fields of the design", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("First");
	const items = await place.append(id, talk);
	const { sessions } = await place.json<Listing>(["list"]);
	assert.deepEqual(Object.keys(sessions[0] ?? {}), [
		"id",
		"title",
		"agent",
		"model",
		"cwd",
		"source",
		"createdAt",
		"updatedAt",
		"archived",
		"trashed",
		"parent",
		"items",
		"diagnostics",
	]);
	assert.equal(sessions[0]?.id, id);
	assert.equal(sessions[0]?.items, 2);
	assert.equal(sessions[0]?.source, "skein");
	const shown = await place.json<Shown>(["show", id]);
	assert.deepEqual(Object.keys(shown), ["session", "items", "branches", "diagnostics"]);
	assert.deepEqual(
		shown.items.map((item) => [item.id, item.type, item.text]),
		[
			[items[0], "userMessage", "Fix the login"],
			[items[1], "agentMessage", "Done."],
		],
	);
	assert.equal(shown.branches, 0);
	assert.deepEqual(shown.diagnostics, []);
});

test("show --items prints JSON lines that append takes; show --raw prints the journal as it is", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	await place.append(id, talk);
	const { stdout: lines } = await place.run(["show", id, "--items"]);
	const copy = await place.create("Copy");
	await place.run(["append", copy], { input: lines });
	const texts = async (session: string) =>
		(await place.json<Shown>(["show", session])).items.map(({ type, text }) => [type, text]);
	assert.deepEqual(await texts(copy), await texts(id));
	const { stdout: raw } = await place.run(["show", id, "--raw"]);
	assert.equal(raw, await readFile(place.journal(id), "utf8"));
});

test("archive, trash and their opposites move a session between the lists, and say what is hidden", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	await place.create("Other");
	const hiddenAfter = async (verb: string) => {
		const { session } = await place.json<One>([verb, id]);
		const { sessions, hidden } = await place.json<Listing>(["list"]);
		return [session.archived, session.trashed, sessions.length, hidden.archived, hidden.trashed];
	};
	assert.deepEqual(await hiddenAfter("archive"), [true, false, 1, 1, 0]);
	assert.equal((await place.json<Listing>(["list", "--archived"])).sessions[0]?.id, id);
	assert.deepEqual(await hiddenAfter("unarchive"), [false, false, 2, 0, 0]);
	assert.deepEqual(await hiddenAfter("trash"), [false, true, 1, 0, 1]);
	assert.equal((await place.json<Listing>(["list", "--trash"])).sessions[0]?.id, id);
	assert.equal((await place.json<Listing>(["list", "--all"])).sessions.length, 2);
	assert.deepEqual(await hiddenAfter("restore"), [false, false, 2, 0, 0]);
});

test("rename, tag, note and pin change what they name", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Old");
	const [item = ""] = await place.append(id, talk);
	assert.equal((await place.json<One>(["rename", id, "--", "-New"])).session.title, "-New");
	assert.deepEqual((await place.json<One>(["tag", id, "b", "a"])).session.tags, ["a", "b"]);
	assert.deepEqual((await place.json<One>(["tag", id, "b", "--remove"])).session.tags, ["a"]);
	assert.equal((await place.json<One>(["note", id, "Look", "--item", item])).session.notes, 1);
	assert.equal((await place.json<One>(["pin", id])).session.pinned, true);
	assert.equal((await place.json<One>(["pin", id, "--off"])).session.pinned, false);
});

test("fork continues up to and including the item; revert keeps what came after as a branch; unrevert brings it back", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	const [, answer = ""] = await place.append(id, [...talk, { type: "userMessage", text: "More" }]);
	const { session: child } = await place.json<One>(["fork", id, "--at", answer]);
	assert.deepEqual(child.parent, { session: id, at: answer });
	assert.equal(child.items, 2);
	assert.equal((await place.json<One>(["revert", id, "--to", answer])).session.items, 2);
	assert.equal((await place.json<Shown>(["show", id])).branches, 1);
	assert.equal((await place.json<One>(["unrevert", id])).session.items, 3);
});

test("purge removes only from the trash, refuses while a fork needs it, and removes both when told", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Parent");
	await place.append(id, talk);
	await place.json(["fork", id]);
	const early = await place.run(["purge", id]);
	assert.equal(early.code, 1);
	assert.match(early.stderr, /in the trash/);
	await place.json(["trash", id]);
	const needed = await place.run(["purge", id]);
	assert.equal(needed.code, 1);
	assert.match(needed.stderr, /Parent \(fork\)/);
	await stat(place.journal(id));
	await place.json(["purge", id, "--with-forks"]);
	assert.deepEqual((await place.json<Listing>(["list", "--all"])).sessions, []);
});

test("the beginning of an id stands for it unless several begin so", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Mine");
	assert.equal((await place.json<Shown>(["show", id.slice(0, 20).toLowerCase()])).session.id, id);
	await place.create("Near");
	const several = await place.run(["show", id.slice(0, 6)]);
	assert.equal(several.code, 1);
	assert.match(several.stderr, /is the beginning of 2 ids/);
});

test("the store is that of the nearest folder above, or of --store", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	const below = path.join(place.folder, ".vscode");
	assert.equal((await place.json<Listing>(["list"], { cwd: below })).sessions[0]?.id, id);
	const away = ["--store", place.folder, "list"];
	assert.equal((await place.json<Listing>(away, { cwd: place.root })).sessions[0]?.id, id);
});

test("import brings a Codex session in once, and export and fork take its source id", async (t) => {
	const place = await Place.make(t);
	const native = "0199a213-81c0-7800-8aa1-bbab2a035a53";
	const folder = path.join(place.env["CODEX_HOME"] ?? "", "sessions", "2025", "10", "01");
	await mkdir(folder, { recursive: true });
	const file = path.join(folder, `rollout-2025-10-01T10-00-00-${native}.jsonl`);
	await writeFile(file, rollout(native, place.folder));
	const listed = await place.json<Listing>(["list"]);
	assert.deepEqual(
		listed.sessions.map((row) => [row.id, row.source]),
		[[`codex:${native}`, "codex"]],
	);
	assert.equal((await place.json<Shown>(["show", `codex:${native}`])).session.title, "Say hello");
	const markdown = await place.run(["export", `codex:${native}`, "--format", "md", "-o", "-"]);
	assert.match(markdown.stdout, /## 1\. Say hello/);
	const bundle = await place.json<{ file: string }>([
		"export",
		`codex:${native}`,
		"--format",
		"bundle",
	]);
	assert.match(await readFile(bundle.file, "utf8"), /"bundle":"blob"/);
	interface Imported {
		imported: { session: string; from: string; agent: string; items: number }[];
		failed: unknown[];
	}
	const first = await place.json<Imported>(["import", file]);
	assert.equal(first.imported.length, 1);
	assert.deepEqual(first.failed, []);
	const again = await place.json<Imported>(["import", "--source", "codex"]);
	assert.deepEqual(
		[again.imported[0]?.session, again.imported[0]?.items],
		[first.imported[0]?.session, 0],
	);
	const after = await place.json<Listing>(["list", "--all"]);
	assert.deepEqual(
		after.sessions.map((row) => row.source),
		["skein"],
	);
	const { session: child } = await place.json<One>(["fork", `codex:${native}`]);
	assert.equal(child.parent?.session, first.imported[0]?.session);
	assert.equal((await place.run(["doctor"])).code, 0);
});

test("a bundle reads back into another store losslessly and twice without effect", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Parent");
	const image = `data:image/png;base64,${Buffer.from("not really a picture").toString("base64")}`;
	await place.append(id, [
		{ type: "userMessage", text: "Look", images: [{ url: image }] },
		{ type: "commandExecution", command: "cat big", output: "x".repeat(100_000) },
	]);
	const { session: child } = await place.json<One>(["fork", id]);
	await place.append(child.id, talk);
	const file = path.join(place.root, "session.bundle");
	const made = await place.json<{ file: string; bytes: number; redactions: object }>([
		"export",
		child.id,
		"--format",
		"bundle",
		"-o",
		file,
	]);
	assert.deepEqual(made, { file, bytes: (await stat(file)).size, redactions: {} });
	const other = await Place.make(t);
	const brought = await other.json<{ imported: { session: string; items: number }[] }>([
		"import",
		file,
	]);
	assert.deepEqual(
		brought.imported.map(({ session, items }) => [session, items]),
		[
			[id, 2],
			[child.id, 2],
		],
	);
	for (const session of [id, child.id]) {
		assert.deepEqual(
			await readFile(other.journal(session)),
			await readFile(place.journal(session)),
		);
		assert.deepEqual(
			(await other.json<Shown>(["show", session])).items,
			(await place.json<Shown>(["show", session])).items,
		);
	}
	await other.json(["rename", child.id, "Renamed there"]);
	await place.append(child.id, [{ type: "agentMessage", text: "Later" }]);
	await place.json(["export", child.id, "--format", "bundle", "-o", file]);
	for (const items of [1, 0]) {
		const joined = await other.json<{ imported: { items: number }[] }>(["import", file]);
		assert.deepEqual(
			joined.imported.map((one) => one.items),
			[0, items],
		);
	}
	const { session } = await other.json<Shown>(["show", child.id]);
	assert.deepEqual([session.title, session.items], ["Renamed there", 5]);
	assert.equal((await other.run(["doctor"])).code, 0);
});

test("a bundle that was cut or changed is refused before anything is stored", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	await place.append(id, talk);
	const whole = (await place.run(["export", id, "--format", "bundle", "-o", "-"])).stdout;
	const other = await Place.make(t);
	const file = path.join(other.root, "bad.bundle");
	const spoilt = [whole.slice(0, -100), whole.replace("Fix the login", "Fix the logout")];
	for (const text of [...spoilt, whole.split("\n").slice(0, -2).join("\n")]) {
		await writeFile(file, text);
		const result = await other.run(["import", file, "--json"]);
		assert.equal(result.code, 1);
		const { imported, failed } = JSON.parse(result.stdout);
		assert.deepEqual([imported.length, failed.length], [0, 1]);
		assert.match(failed[0].reason, /Nothing was imported/);
		assert.deepEqual(await readdir(other.folder), []);
	}
});

test("export names its file after the title, replaces nothing unless it is named, and knows its formats", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Fix: the/login?");
	await place.append(id, talk);
	const names: string[] = [];
	for (let times = 0; times < 2; times++) {
		const { file } = await place.json<{ file: string }>(["export", id, "--format", "md"]);
		names.push(path.basename(file));
	}
	assert.deepEqual(names, ["Fix-the-login.md", "Fix-the-login (2).md"]);
	for (const format of [["--format", "html"], ["--format", "nope"], []]) {
		const result = await place.run(["export", id, ...format]);
		assert.equal(result.code, 2);
		assert.match(result.stderr, /md.*bundle/);
	}
});

test("schema prints the committed JSON Schema; doctor prints its shape", async (t) => {
	const place = await Place.make(t);
	const committed = new URL("../../media/schema/journal-record.schema.json", import.meta.url);
	assert.equal((await place.run(["schema"])).stdout, await readFile(committed, "utf8"));
	await place.create();
	assert.deepEqual(await place.json(["doctor"]), {
		ok: true,
		sessions: 1,
		damage: [],
		projection: { equal: true, differences: [] },
	});
});

test("usage errors end with 2, failures with 1, help and version with 0", async (t) => {
	const place = await Place.make(t);
	const codeOf = async (...args: string[]) => (await place.run(args)).code;
	assert.equal(await codeOf(), 2);
	assert.equal(await codeOf("nope"), 2);
	assert.equal(await codeOf("list", "--nope"), 2);
	assert.equal(await codeOf("rename", "x"), 2);
	assert.equal(await codeOf("rename", "x", "y"), 1);
	assert.equal(await codeOf("--help"), 0);
	assert.equal(await codeOf("fork", "--help"), 0);
	assert.equal(await codeOf("--version"), 0);
	execFileSync(process.execPath, [sourceMain, "--version"]);
});

test("a reader that goes away early is no error", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	await place.append(id, [
		{ type: "userMessage", text: "x" },
		...Array.from({ length: 40 }, () => ({ type: "agentMessage", text: "y".repeat(60_000) })),
	]);
	for (const verb of [
		["show", id, "--raw"],
		["show", id, "--json"],
		["export", id, "--format", "md", "-o", "-"],
	]) {
		const child = place.start(verb);
		let stderr = "";
		child.stderr?.on("data", (text) => {
			stderr += text;
		});
		child.stdout?.once("data", () => child.stdout?.destroy());
		const code = await new Promise((resolve) => child.on("close", resolve));
		assert.deepEqual([code, stderr], [0, ""]);
	}
});

function rollout(id: string, cwd: string): string {
	const line = (type: string, payload: object) =>
		`${JSON.stringify({ timestamp: "2025-10-01T10:00:00.000Z", type, payload })}\n`;
	return (
		line("session_meta", {
			id,
			timestamp: "2025-10-01T10:00:00.000Z",
			cwd,
			originator: "codex_cli_rs",
			cli_version: "0.47.0",
			source: "cli",
		}) +
		line("response_item", {
			type: "message",
			role: "user",
			content: [{ type: "input_text", text: "Say hello" }],
		}) +
		line("event_msg", { type: "user_message", message: "Say hello" }) +
		line("response_item", {
			type: "message",
			role: "assistant",
			content: [{ type: "output_text", text: "Hello" }],
		}) +
		line("event_msg", { type: "agent_message", message: "Hello" })
	);
}
