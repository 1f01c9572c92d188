import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
	chmod,
	chown,
	lstat,
	mkdir,
	readdir,
	readFile,
	rm,
	stat,
	symlink,
	truncate,
	writeFile,
} from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { crc32 } from "node:zlib";
import { loadSqlite } from "../../src/core/index/sqlite.ts";
import { Place, type Result, recordsOf } from "./harness.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

const talk = [
	{ type: "userMessage", text: "Fix the login" },
	{ type: "agentMessage", text: "Done." },
];

interface Found {
	ok: boolean;
	damage: { session: string | null; severity: string; reason: string; line: number }[];
}

/** Fails with one sentence or more that say what happened and what was not done, and nothing else. */
function assertRefused(result: Result, words: RegExp): void {
	assert.equal(result.code, 1, result.stderr);
	assert.equal(result.stdout, "");
	assert.match(result.stderr, words);
	assert.match(result.stderr, /^[^\n]+\.\n$/);
	assert.doesNotMatch(result.stderr, /\bat .*:\d+:\d+|fault of Skein/);
}

test("an id that is none is refused by every verb, and nothing is done", async (t) => {
	const place = await Place.make(t);
	await place.create();
	const before = await readdir(path.dirname(place.journal("")));
	const ids = [
		"../../etc/passwd",
		"nope",
		"01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"",
		"codex:../../x",
		"who:1",
	];
	for (const id of ids) {
		const verbs = [
			["show", id],
			["fork", id],
			["rename", id, "x"],
			["archive", id],
			["purge", id],
			["revert", id, "--to", "x"],
			["note", id, "x"],
			["export", id, "--format", "md"],
		];
		const results = await Promise.all(verbs.map((verb) => place.run(verb)));
		for (const result of results) {
			assertRefused(result, /Nothing was done|There is no session/);
		}
	}
	assertRefused(await place.run(["append", "nope"], { input: "{}\n" }), /not the id of a session/);
	assert.deepEqual(await readdir(path.dirname(place.journal(""))), before);
});

test("an item that is none is refused by fork, revert and note", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	await place.append(id, talk);
	const before = await readFile(place.journal(id));
	assertRefused(await place.run(["fork", id, "--at", "x"]), /has no item x\. No fork was made/);
	assertRefused(await place.run(["revert", id, "--to", "x"]), /has no item x/);
	assertRefused(await place.run(["note", id, "text", "--item", "x"]), /has no item x/);
	assert.deepEqual(await readFile(place.journal(id)), before);
});

test("a bad line stops append with its number; the lines before it are stored, those after it are not", async (t) => {
	const place = await Place.make(t);
	const good = '{"type":"agentMessage","text":"kept"}';
	for (const bad of [
		"{",
		"[]",
		'"x"',
		'{"type":"nope"}',
		'{"type":"agentMessage"}',
		"\u0000",
		"\xff",
	]) {
		const id = await place.create();
		const input = Buffer.from(`${good}\n\n${bad}\n${good}\n`, "latin1");
		const { code, stdout, stderr } = await place.run(["append", id], { input });
		assert.equal(code, 1);
		assert.match(stderr, /^Line 3 is not an item: .*The lines before it are stored/);
		const stored = recordsOf(await readFile(place.journal(id), "utf8"));
		assert.deepEqual(
			stored.filter(({ type }) => type === "item.completed").map((record) => record.id),
			stdout.trim().split("\n"),
		);
	}
	assert.equal((await place.run(["doctor"])).code, 0);
});

test("a bad line ends append at once, though the input stays open", async (t) => {
	const place = await Place.make(t);
	const child = place.start(["append", await place.create()]);
	child.stdin?.write("no item\n");
	const code = await new Promise((resolve) => child.on("close", resolve));
	assert.equal(code, 1);
});

test("export writes through a link and into a device, and replaces neither", {
	skip: !isRoot && "needs root, to make a device",
}, async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	await place.append(id, talk);
	const device = path.join(place.root, "null");
	execFileSync("mknod", [device, "c", "1", "3"]);
	await place.json(["export", id, "--format", "md", "-o", device]);
	assert.equal((await stat(device)).isCharacterDevice(), true);
	const link = path.join(place.root, "link.md");
	await writeFile(path.join(place.root, "real.md"), "old");
	await symlink("real.md", link);
	await place.json(["export", id, "--format", "md", "-o", link]);
	assert.match(await readFile(path.join(place.root, "real.md"), "utf8"), /Fix the login/);
	assert.equal((await lstat(link)).isSymbolicLink(), true);
	const folder = await place.run(["export", id, "--format", "md", "-o", place.folder]);
	assertRefused(folder, /was not written: it is a folder/);
});

test("doctor changes nothing", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	await place.append(id, talk);
	const state = () =>
		execFileSync("find", [place.root, "-printf", "%p %i %s %T@ %m\n"], { encoding: "utf8" });
	const before = state();
	await place.json(["doctor"]);
	assert.equal(state(), before);
});

test("import says of each file what is wrong with it, and brings in the others", async (t) => {
	const place = await Place.make(t);
	const other = await Place.make(t);
	const id = await other.create("Good");
	await other.append(id, talk);
	const files = {
		missing: path.join(place.root, "missing.jsonl"),
		empty: path.join(place.root, "empty.jsonl"),
		binary: path.join(place.root, "binary.jsonl"),
		foreign: path.join(place.root, "foreign.jsonl"),
		truncated: path.join(place.root, "truncated.jsonl"),
		headless: path.join(place.root, "headless.jsonl"),
	};
	const journal = await readFile(other.journal(id));
	await writeFile(files.empty, "");
	await writeFile(
		files.binary,
		Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7) & 255)),
	);
	await writeFile(files.foreign, '{"some":"json"}\n{"of":"another kind"}\n');
	await writeFile(files.truncated, journal.subarray(0, 150));
	await writeFile(files.headless, journal.subarray(journal.indexOf("\n") + 1));
	const all = [...Object.values(files), other.journal(id)];
	const result = await place.run(["import", ...all, "--json"]);
	assert.equal(result.code, 1);
	const { imported, failed } = JSON.parse(result.stdout);
	assert.deepEqual(
		imported.map((one: { session: string; items: number }) => [one.session, one.items]),
		[[id, 2]],
	);
	assert.deepEqual(
		failed.map((one: { from: string }) => one.from),
		Object.values(files),
	);
	for (const { reason } of failed) {
		assert.match(reason, /Nothing was imported\.$/);
	}
	assert.deepEqual(await readFile(place.journal(id)), journal);
});

test("a damaged journal stays in the list with its reason, the rest of it is shown, and doctor says where", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Damaged");
	await place.append(id, talk);
	const healthy = await place.create("Healthy");
	const text = await readFile(place.journal(id), "utf8");
	const lines = text.split("\n");
	lines.splice(2, 0, "\u0000\u0000\u0000", "<<<<<<< HEAD", '{"v":1,"id":"broken');
	await writeFile(place.journal(id), lines.join("\n"));
	const { sessions } = await place.json<{ sessions: { id: string; diagnostics: number }[] }>([
		"list",
	]);
	assert.equal(sessions.find((row) => row.id === id)?.diagnostics, 2);
	assert.equal(sessions.find((row) => row.id === healthy)?.diagnostics, 0);
	const shown = await place.json<{ items: unknown[]; diagnostics: object[] }>(["show", id]);
	assert.equal(shown.items.length, 2);
	assert.deepEqual(Object.keys(shown.diagnostics[0] ?? {}), [
		"offset",
		"line",
		"severity",
		"reason",
	]);
	const doctor = await place.run(["doctor", "--json"]);
	assert.equal(doctor.code, 1);
	const found: Found = JSON.parse(doctor.stdout);
	assert.deepEqual(
		found.damage.map(({ session, severity, line }) => [session === id, severity, line]),
		[
			[true, "warning", 3],
			[true, "warning", 4],
			[true, "info", 5],
		],
	);
	const before = await readFile(place.journal(id));
	await place.append(id, [{ type: "agentMessage", text: "goes on" }]);
	assert.deepEqual((await readFile(place.journal(id))).subarray(0, before.length), before);
});

test("a binary file, a truncated one and a foreign one among the journals hide nothing", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Healthy");
	const cut = await place.create("Cut");
	await place.append(cut, talk);
	const { size } = await stat(place.journal(cut));
	await truncate(place.journal(cut), size - 20);
	const binary = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
	await writeFile(place.journal(binary), Buffer.alloc(3000, 0xa7));
	await writeFile(place.journal("notes"), "my notes\n");
	const listed = await place.run(["list", "--json"]);
	assert.deepEqual(
		JSON.parse(listed.stdout)
			.sessions.map((row: { id: string }) => row.id)
			.sort(),
		[id, cut, binary].sort(),
	);
	assert.match(listed.stderr, /notes\.jsonl is not a journal/);
	assert.equal((await place.run(["rename", id, "Still works"])).code, 0);
	const doctor = await place.run(["doctor", "--json"]);
	const found: Found = JSON.parse(doctor.stdout);
	const severities = (session: string | null) =>
		found.damage.filter((one) => one.session === session).map((one) => one.severity);
	assert.equal(doctor.code, 1);
	assert.deepEqual(severities(binary).includes("warning"), true);
	assert.deepEqual(severities(id), []);
	assert.deepEqual(severities(null).includes("warning"), true);
});

test("missing and spoilt payloads are found by doctor; a kept copy stands in for a missing one", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	const output = "z".repeat(100_000);
	await place.append(id, [{ type: "commandExecution", command: "cat", output }]);
	const blobs = path.join(place.folder, ".vscode", "skein", "blobs");
	const [shard = ""] = await readdir(blobs);
	const [name = ""] = await readdir(path.join(blobs, shard));
	const file = path.join(blobs, shard, name);
	await rm(file);
	const doctorSays = async () => {
		const found: Found = JSON.parse((await place.run(["doctor", "--json"])).stdout);
		return found.damage.map(({ session, severity }) => [session === id, severity]);
	};
	const text = async () => {
		const shown = await place.json<{ items: { output?: string }[] }>(["show", id]);
		return shown.items[0]?.output;
	};
	assert.deepEqual(await doctorSays(), [[true, "info"]]);
	assert.equal(await text(), output);
	await writeFile(file, "something else");
	assert.deepEqual(await doctorSays(), [[true, "warning"]]);
	await rm(file);
	await rm(path.join(place.env["XDG_DATA_HOME"] ?? "", "skein", "keep"), { recursive: true });
	assert.equal(
		(await doctorSays()).some(([, severity]) => severity === "warning"),
		true,
	);
	assert.match((await text()) ?? "", /100000 bytes are missing/);
});

test("doctor reports a parent that is gone, and a cached row that is not what the journal says", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Parent");
	await place.append(id, talk);
	const { session } = await place.json<{ session: { id: string } }>(["fork", id]);
	await place.json(["list"]);
	assert.equal((await place.run(["doctor"])).code, 0);
	const cache = path.join(place.env["XDG_CACHE_HOME"] ?? "", "skein", "index");
	const db = new (loadSqlite().DatabaseSync)(path.join(cache, "catalogue.db"));
	for (const row of db.prepare("SELECT key, value FROM cached").all()) {
		const value = String(row["value"]).replaceAll('"title":"Parent"', '"title":"Wrong"');
		db.prepare("UPDATE cached SET value = ?, value_check = ? WHERE key = ?").run(
			value,
			crc32(value),
			String(row["key"]),
		);
	}
	db.close();
	const wrong = await place.run(["doctor", "--json"]);
	assert.equal(wrong.code, 1);
	assert.deepEqual(JSON.parse(wrong.stdout).projection, {
		equal: false,
		differences: [
			{ session: id, projection: "catalogue", field: "title", found: "Wrong", expected: "Parent" },
		],
	});
	await rm(cache, { recursive: true });
	await rm(place.journal(id));
	const gone: Found = JSON.parse((await place.run(["doctor", "--json"])).stdout);
	assert.equal(gone.ok, false);
	assert.equal(
		gone.damage.some((one) => one.session === session.id && one.severity === "warning"),
		true,
	);
});

test("doctor compares the search index, says in a sentence that it is damaged, and the next search repairs it", async (t) => {
	const place = await Place.make(t);
	await place.append(await place.create("Lost"), talk);
	await place.json(["index"]);
	assert.equal((await place.run(["doctor"])).code, 0);
	const cache = path.join(place.env["XDG_CACHE_HOME"] ?? "", "skein", "index");
	const names = (await readdir(cache)).filter((name) => /^[0-9A-Z]{26}\.db$/.test(name));
	assert.equal(names.length, 1);
	const file = path.join(cache, names[0] ?? "");
	await writeFile(file, (await readFile(file)).fill(0x5a, 100));
	const damaged = await place.run(["doctor"]);
	assert.equal(damaged.code, 1);
	assert.match(damaged.stdout, /^differs {2}- {2}index .* is damaged .* was renamed to /m);
	assert.match(damaged.stdout, /The next search repairs the index\.$/m);
	assert.equal(damaged.stderr, "");
	const found = await place.json<{ total: number }>(["search", "login"]);
	assert.equal(found.total, 1);
	const again = await place.json<{ ok: boolean; projection: object }>(["doctor"]);
	assert.deepEqual([again.ok, again.projection], [true, { equal: true, differences: [] }]);
});

test("a store of a newer version is listed and shown, and not changed", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("From the future");
	const storeFile = path.join(place.folder, ".vscode", "skein", "store.json");
	const text = await readFile(storeFile, "utf8");
	await writeFile(storeFile, text.replace('"version":1', '"version":2'));
	const journal = await readFile(place.journal(id));
	const listed = await place.run(["list", "--json"]);
	assert.equal(JSON.parse(listed.stdout).sessions[0].id, id);
	assert.match(listed.stderr, /newer Skein \(format 2\)/);
	await place.json(["show", id]);
	for (const verb of [["rename", id, "x"], ["trash", id], ["create"], ["fork", id]]) {
		assertRefused(await place.run(verb), /newer Skein \(format 2\)\. Nothing was changed/);
	}
	const appended = await place.run(["append", id], { input: '{"type":"note","text":"x"}\n' });
	assertRefused(appended, /Nothing was changed/);
	assert.deepEqual(await readFile(place.journal(id)), journal);
	assert.deepEqual(await readdir(path.dirname(place.journal(id))), [`${id}.jsonl`]);
});

test("a file that may not be read is named, and the others are listed", {
	skip: !isRoot && "needs root, to become another user",
}, async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Readable");
	const closed = await place.create("Closed");
	await giveTo(place);
	await chown(place.journal(closed), 0, 0);
	await chmod(place.journal(closed), 0o600);
	const { stdout } = await place.run(["list", "--json"], { uid: nobody });
	const rows = JSON.parse(stdout).sessions as { id: string; diagnostics: number }[];
	assert.deepEqual(
		rows.map((row) => [row.id, row.diagnostics]).sort(),
		[
			[id, 0],
			[closed, 1],
		].sort(),
	);
	assertRefused(await place.run(["show", closed], { uid: nobody }), /permission was denied/);
	const file = path.join(place.root, "secret.jsonl");
	await writeFile(file, "{}\n", { mode: 0o600 });
	const imported = await place.run(["import", file, "--json"], { uid: nobody });
	assert.match(
		JSON.parse(imported.stdout).failed[0].reason,
		/permission was denied\. Nothing was imported/,
	);
	assert.equal((await place.run(["doctor"], { uid: nobody })).code, 1);
});

test("a folder that may not be written is read, and nothing is half-written", {
	skip: !isRoot && "needs root, to become another user",
}, async (t) => {
	const place = await Place.make(t);
	await giveTo(place);
	await chown(place.folder, 0, 0);
	await chmod(place.folder, 0o555);
	const refused = await place.run(["create"], { uid: nobody });
	assertRefused(refused, /could not be stored.*permission was denied\. Nothing was changed/);
	assert.deepEqual(await readdir(place.folder), []);
	const id = await place.create("Of somebody else");
	await place.append(id, talk);
	execFileSync("chmod", ["-R", "a+rX,a-w", place.folder]);
	const before = await readFile(place.journal(id));
	const shown = await place.json<{ items: unknown[] }>(["show", id], { uid: nobody });
	assert.equal(shown.items.length, 2);
	for (const verb of [["rename", id, "x"], ["create"], ["fork", id], ["trash", id]]) {
		assertRefused(await place.run(verb, { uid: nobody }), /permission was denied/);
	}
	const exported = await place.run(["export", id, "--format", "md"], { uid: nobody });
	assertRefused(exported, /was not written: permission was denied/);
	assert.deepEqual(await readFile(place.journal(id)), before);
	assert.deepEqual(await readdir(path.dirname(place.journal(id))), [`${id}.jsonl`]);
});

test("a full disk: what was acknowledged is stored, the rest is refused in words, and all goes on when there is room", async (t) => {
	const place = await Place.make(t);
	if (!mounted(t, place.folder)) {
		return;
	}
	try {
		const id = await place.create("On a small disk");
		const [first] = await place.append(id, talk);
		const files = await readdir(path.dirname(place.journal(id)));
		const filler = path.join(place.folder, "filler");
		fill(filler);
		const big = (text: string) => ({ type: "agentMessage", text: text.repeat(20_000) });
		const input = ["a", "b"].map((text) => `${JSON.stringify(big(text))}\n`).join("");
		assertRefused(
			await place.run(["append", id], { input }),
			/Nothing was stored in .*(the disk is full|only \d+ of \d+ bytes)/,
		);
		assertRefused(
			await place.run(["append", id], {
				input: `${JSON.stringify({ type: "note", text: "n".repeat(80_000) })}\n`,
			}),
			/the disk is full/,
		);
		assertRefused(
			await place.run(["create", "--title", "x".repeat(9000)]),
			/the disk is full|bytes were written/,
		);
		const out = path.join(place.folder, "out.md");
		assertRefused(
			await place.run(["export", id, "--format", "md", "-o", out]),
			/was not written: the disk is full/,
		);
		assert.deepEqual(await readdir(path.dirname(place.journal(id))), files);
		assert.deepEqual((await readdir(place.folder)).sort(), [".vscode", "filler"]);
		const shown = await place.json<{ items: { id: string }[] }>(["show", id]);
		assert.deepEqual([shown.items.length, shown.items[0]?.id], [2, first]);
		await truncate(filler, 0);
		const [last] = await place.append(id, [{ type: "userMessage", text: "there is room again" }]);
		const after = await place.json<{ items: { id: string }[] }>(["show", id]);
		assert.deepEqual([after.items.length, after.items.at(-1)?.id], [3, last]);
		const doctor = await place.run(["doctor", "--json"]);
		assert.equal(doctor.code, 0, doctor.stdout);
	} finally {
		execFileSync("umount", [place.folder]);
	}
});

/** Gives everything to the unprivileged user. */
async function giveTo(place: Place): Promise<void> {
	execFileSync("chown", ["-R", `${nobody}:${nobody}`, place.root]);
	await mkdir(path.join(place.root, "data"), { recursive: true });
}

/** Mounts a disk of 256 KiB; skips the test where that is not allowed. */
function mounted(t: TestContext, folder: string): boolean {
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "none", folder], { stdio: "pipe" });
		return true;
	} catch (error) {
		t.skip(
			`a small disk could not be mounted: ${error instanceof Error ? error.message.trim() : error}`,
		);
		return false;
	}
}

function fill(file: string): void {
	try {
		execFileSync("dd", ["if=/dev/zero", `of=${file}`, "bs=1k"], { stdio: "pipe" });
	} catch {
		// It ends when the disk is full: that is what it is for.
	}
}
