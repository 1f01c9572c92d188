import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { it } from "node:test";
import { newId } from "../../core/journal/ids.ts";
import { makeRuntimeFolder, processContext, runtimeFolderOf } from "../runtime/folder.ts";
import { claimApproval } from "./claim.ts";

it("An approval is announced by one window, however many ask at the same moment", async (test) => {
	const scratch = await mkdtemp("/tmp/skein-d-");
	test.after(() => rm(scratch, { recursive: true, force: true }));
	const folder = path.join(scratch, "work");
	await mkdir(folder);
	const env = { XDG_RUNTIME_DIR: path.join(scratch, "run") };
	const approval = newId(Date.now());
	assert.equal(await claimApproval(folder, approval, env), false, "no daemon has ever run");
	const context = { ...processContext(), env };
	const runtime = await runtimeFolderOf(folder, context);
	await makeRuntimeFolder(runtime, context);

	const claims = await Promise.all(
		Array.from({ length: 20 }, () => claimApproval(folder, approval, env)),
	);
	assert.equal(claims.filter(Boolean).length, 1);
	assert.equal(await claimApproval(folder, "../../identity.json", env), false);

	const old = path.join(runtime.folder, "announced", newId(Date.now()));
	await writeFile(old, "");
	await utimes(old, 0, 0);
	const next = newId(Date.now());
	assert.equal(await claimApproval(folder, next, env), true);
	const kept = await readdir(path.dirname(old));
	assert.deepEqual(kept.sort(), [approval, next].sort());
});
