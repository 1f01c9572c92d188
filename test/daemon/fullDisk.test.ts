import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as path from "node:path";
import { test } from "node:test";
import { noMounts } from "../fault/lab.ts";

const reason = noMounts();
if (reason !== undefined) {
	console.log(`Skipped: a daemon on a full disk, because ${reason}.`);
}

test("a daemon whose whole disk fills up", { skip: reason ?? false }, async () => {
	const scenario = path.join(import.meta.dirname, "fullDisk.scenario.ts");
	const mount = 'mount -t tmpfs -o size=16m none /tmp && exec "$@"';
	const program = [process.execPath, "--test", scenario];
	const { TMPDIR: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
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
