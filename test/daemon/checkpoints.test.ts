import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Checkpoints } from "../../src/core/checkpoints/checkpoints.ts";
import { userLocations } from "../../src/core/locations.ts";
import { JournalRecord } from "../../src/core/model/record.ts";
import {
	codexLab,
	type DaemonLab,
	daemonLab,
	fakeAgent,
	itemsOf,
	Watch,
	words,
} from "./support.ts";

async function git({ folder, env }: DaemonLab, ...args: string[]): Promise<string> {
	const { stdout } = await promisify(execFile)("git", args, { cwd: folder, env });
	return stdout.trim();
}

test("the files before and after a turn of the real Codex are kept; the prompt after waits for that", async (t) => {
	const lab = await codexLab(t);
	await git(lab, "init", "--quiet");
	await writeFile(path.join(lab.folder, "before.txt"), "before\n");
	const session = await lab.store.create({ agent: "codex" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const settings = { sandbox: "danger-full-access", approvals: "never" } as const;
	const prompt = (text: string) =>
		client.call("prompt", {
			session: session.id,
			input: { text },
			agent: lab.agent,
			checkpoints: true,
			...settings,
		});
	lab.model.script([[{ run: "echo made > made.txt && rm before.txt" }], [{ say: "Made." }]]);
	const first = await prompt("Make it");
	assert.equal((await watch.ended(first.run)).detail?.["status"], "completed");
	await session.refresh();
	const { start, end } = session.state.checkpoints.ofTurn(first.turn);
	assert.ok(start && end);
	const checkpoints = new Checkpoints(lab.folder, userLocations(lab.env));
	const { changes } = await checkpoints.compare(
		await checkpoints.read(start.commit),
		await checkpoints.read(end.commit),
	);
	assert.deepEqual(
		changes.map((each) => `${each.path} ${each.before ? "was" : ""}${each.after ? "is" : ""}`),
		["before.txt was", "made.txt is"],
	);
	const refs = await git(lab, "for-each-ref", "--format=%(refname)", "refs/skein");
	const root = `refs/skein/checkpoints/${session.id}/${first.turn}`;
	assert.equal(refs, `${root}/end\n${root}/start`);
	const records = JSON.stringify([start, end]).length;
	assert.ok(records < 1024, "lean");
	assert.ok((await stat(session.file)).size <= 10 * 1024);

	lab.model.script([[{ say: "Nothing to do." }]]);
	const second = await prompt("And now?");
	await watch.ended(second.run);
	await session.refresh();
	const later = session.state.checkpoints.ofTurn(second.turn);
	assert.equal(later.start?.tree, end.tree);
	assert.equal(later.start?.commit, later.end?.commit);
});

test("why there are none is said once, and the turn goes on; nobody who did not ask gets any", async (t) => {
	const lab = await daemonLab(t);
	const session = await lab.store.create({ agent: "fake" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const failure = () => session.state.checkpoints.failure;
	const turn = async (checkpoints: boolean) => {
		const agent = fakeAgent("environment");
		const { run } = await client.call("prompt", {
			session: session.id,
			input: { text: "Go" },
			agent,
			checkpoints,
		});
		assert.equal((await watch.ended(run)).detail?.["status"], "completed");
		await session.refresh();
	};
	await turn(true);
	await turn(true);
	assert.equal(failure()?.reason, "no-repository");
	const failures = () => recordsOf(session.file, "checkpoint.failed");
	assert.equal((await failures()).length, 1);
	assert.doesNotMatch(words(await itemsOf(session)).join(), /note/);

	await git(lab, "init", "--quiet");
	await turn(false);
	assert.equal((await recordsOf(session.file, "checkpoint.taken")).length, 0);
	await turn(true);
	assert.equal((await recordsOf(session.file, "checkpoint.taken")).length, 2);
	assert.equal(failure(), undefined);

	await writeFile(path.join(lab.folder, ".git/index"), "damaged");
	await turn(true);
	assert.match(failure()?.message ?? "", /^git .* failed: /);
	assert.match(
		words(await itemsOf(session)).join("\n"),
		/note: The files of the workspace were not kept/,
	);
	assert.equal((await failures()).length, 2);
});

async function recordsOf(file: string, type: JournalRecord["type"]): Promise<JournalRecord[]> {
	return (await readFile(file, "utf8"))
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JournalRecord.parse(JSON.parse(line)))
		.filter((record) => record.type === type);
}
