/** The fault tests in their full form: `npm run fault`. `npm test` runs the same files with fewer rounds. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

const own = globSync("*.test.ts", { cwd: import.meta.dirname });
/** Those of the daemon that have a full form. */
const daemon = ["border", "disk", "fullDisk", "kill", "misbehaviour"];
const files = [...own, ...daemon.map((name) => `../daemon/${name}.test.ts`)];
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...files], {
	cwd: import.meta.dirname,
	env: { ...process.env, SKEIN_FAULT: "full" },
	stdio: "inherit",
});
process.exitCode = status ?? 1;
