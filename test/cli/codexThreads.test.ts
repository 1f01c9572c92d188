import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { startCodex } from "../../scripts/lib/codexClient.ts";
import { installCodex } from "../../scripts/lib/install.ts";
import { exchange, meta, text, uuid } from "../../src/core/sources/codex/testRollouts.ts";
import { bundleDaemon, Place } from "./harness.ts";

interface One {
	readonly session: { id: string; title: string; archived: boolean; file: string };
}

/** Writes a session of Codex's; returns its id and its file. */
async function rollout(place: Place, more: object = {}): Promise<{ id: string; file: string }> {
	const folder = path.join(place.env["CODEX_HOME"] ?? "", "sessions/2026/01/02");
	await mkdir(folder, { recursive: true });
	const file = path.join(folder, `rollout-2026-01-02T03-04-05-${uuid(1)}.jsonl`);
	const head = { cwd: place.folder, originator: "codex_cli_rs", source: "cli", ...more };
	await writeFile(file, text([meta(uuid(1), head), ...exchange("Asked in Codex", "Answered")]));
	return { id: `codex:${uuid(1)}`, file };
}

test("rename, archive and unarchive change Codex's own sessions in its files where Codex is not installed", async (t) => {
	const place = await Place.make(t);
	place.env["PATH"] = path.dirname(process.execPath);
	const { id, file } = await rollout(place);
	const renamed = await place.json<One>(["rename", id.slice(0, 16), "Named here"]);
	assert.deepEqual([renamed.session.id, renamed.session.title], [id, "Named here"]);
	assert.match(await readFile(file, "utf8"), /"thread_name_updated".*"Named here"\}\}\n$/);
	const { session } = await place.json<One>(["archive", id]);
	assert.deepEqual([session.archived, session.title], [true, "Named here"]);
	assert.ok(existsSync(session.file) && !existsSync(file));
	assert.equal((await place.run(["unarchive", id])).stdout, "Back in the list: Named here\n");
	assert.ok(existsSync(file));
	assert.match((await place.run(["rename", id, " "])).stderr, /needs a name/);
	for (const verb of [
		["pin", id],
		["trash", id],
		["tag", id, "x"],
	]) {
		const { code, stderr } = await place.run(verb);
		assert.equal(code, 1);
		assert.match(stderr, /belongs to another tool/);
	}
	await rollout(place, { history_mode: "paginated" });
	assert.match((await place.run(["archive", id])).stderr, /Codex itself is needed/);
});

test("rename and archive ask Codex where it is installed", async (t) => {
	bundleDaemon();
	const place = await Place.make(t);
	const codex = await installCodex();
	const bin = path.join(place.root, "bin");
	await mkdir(bin);
	await symlink(codex, path.join(bin, "codex"));
	place.env["PATH"] = [bin, path.dirname(process.execPath), "/usr/bin", "/bin"].join(":");
	const { id, file } = await rollout(place);
	try {
		const { session } = await place.json<One>(["rename", id, "Through Codex"]);
		assert.equal(session.title, "Through Codex");
		// Codex itself has written it: it leaves the rollout as it is.
		assert.doesNotMatch(await readFile(file, "utf8"), /Through Codex/);
		assert.equal((await place.json<One>(["archive", id])).session.archived, true);
	} finally {
		await place.run(["daemon", "stop", "--force"]);
	}
	const other = await startCodex(codex, { cwd: place.folder, env: place.env });
	const listed = other.call("thread/list", { modelProviders: [], archived: true });
	const { data } = await listed.finally(() => other.close());
	assert.deepEqual(
		(data as { name: string }[]).map(({ name }) => name),
		["Through Codex"],
	);
});

test("one of ours that stands for a session of Codex's is changed in its place", async (t) => {
	const place = await Place.make(t);
	const { id, file } = await rollout(place);
	const before = await readFile(file);
	await place.run(["import", id]);
	const { session } = await place.json<One>(["rename", id, "Ours"]);
	assert.equal(session.title, "Ours");
	assert.doesNotMatch(session.id, /:/);
	assert.deepEqual(await readFile(file), before);
});
