/** The fault tests in their full form: `npm run fault`. `npm test` runs the same files with fewer rounds. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

const files = globSync("*.test.ts", { cwd: import.meta.dirname });
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...files], {
	cwd: import.meta.dirname,
	env: { ...process.env, SKEIN_FAULT: "full" },
	stdio: "inherit",
});
process.exitCode = status ?? 1;
