import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rmdir } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { noMounts } from "../fault/lab.ts";

const reason = noMounts();
if (reason !== undefined) {
	console.log(`Skipped: a daemon on a full disk, because ${reason}.`);
}

test("a daemon whose whole disk fills up", { skip: reason ?? false }, async (t) => {
	const disk = await mkdtemp("/tmp/skein-full-");
	t.after(() => rmdir(disk));
	const scenario = path.join(import.meta.dirname, "fullDisk.scenario.ts");
	const mount = `mount -t tmpfs -o size=16m none ${disk} && exec "$@"`;
	const program = [process.execPath, "--test", scenario];
	const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
	const env = { ...rest, SKEIN_LABS: disk };
	const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
		execFile(
			"unshare",
			["--mount", "sh", "-c", mount, "sh", ...program],
			{ env },
			(error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }),
		);
	});
	assert.equal(code, 0, output);
	assert.match(output, /pass 1/);
});
