import { existsSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { repository } from "../../scripts/lib/paths.ts";
import { windowTest } from "./harness.ts";

const vsix = path.join(repository, "out", "skein.vsix");
const name = "the packaged extension installs, activates and lists the sessions";

// `npm test` packages before; a single file can be run without.
if (existsSync(vsix)) {
	windowTest(name, { vsix }, async (window) => {
		await window.openSkein();
		await window.row("Fix the word count").waitFor();
	});
} else {
	test(name, { skip: "npm run package makes out/skein.vsix" });
}
