import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { nodeFiles } from "../../src/core/files.ts";
import { Journal } from "../../src/core/journal/journal.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { canonical } from "../property/lab.ts";
import { checkStore, locationsBeside, type Said, workspace } from "./lab.ts";

test("git checkout replaces a journal under an open transcript: it shows what is there, and appends go there", async (t) => {
	const folder = await workspace(t);
	const git = (...args: string[]) =>
		execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
			cwd: folder,
			stdio: "pipe",
		});
	const store = new WorkspaceStore(folder, locationsBeside(folder));
	const session = await store.create({ title: "On main" });
	const turn = await session.startTurn();
	await session.addItem(turn, { type: "userMessage", text: "before the branch" });
	git("init", "-q", "-b", "main");
	git("add", "-f", ".vscode");
	git("commit", "-qm", "one");
	git("checkout", "-qb", "other");
	await session.addItem(turn, { type: "agentMessage", text: "on the other branch" });
	await session.rename("On the other branch");
	git("commit", "-qam", "two");
	const transcript = await session.transcript();
	assert.equal(transcript.rows.filter(({ kind }) => kind === "item").length, 2);
	for (const [branch, items, title] of [
		["main", 1, "On main"],
		["other", 2, "On the other branch"],
		["main", 1, "On main"],
	] as const) {
		git("checkout", "-qf", branch);
		await transcript.refresh();
		assert.equal(transcript.rows.filter(({ kind }) => kind === "item").length, items, branch);
		assert.equal(transcript.summary.title, title);
	}
	const said: Said[] = [];
	for (let attempt = 0; said.length < 5; attempt++) {
		assert.ok(attempt < 10);
		// The first may fail, and says so: the file was replaced. What is acknowledged is in the file that is there.
		const records = await session
			.append([{ type: "note.added", text: `${attempt}` }])
			.catch((error: Error) => {
				assert.match(error.message, /^Nothing was stored in .*[.]$/);
				return undefined;
			});
		if (records) {
			said.push({ stored: { session: session.id, records: records.map(({ id }) => id) } });
		}
	}
	await transcript.refresh();
	await session.refresh();
	const fresh = await Journal.open(session.file, nodeFiles);
	assert.deepEqual(await canonical(session.journal), await canonical(fresh));
	await store.close();
	await checkStore(folder, said);
});
