import { readdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import Mocha from "mocha";

/**
 * Runs the suites of one kind of workspace inside VS Code: those in the folder SKEIN_TEST_KIND names.
 * SKEIN_TEST_GREP picks tests by name; the counts go to SKEIN_TEST_RESULTS.
 * A test that fails is tried once more: a real VS Code on a busy machine loses focus. What needed it is named.
 */
export async function run(): Promise<void> {
	const folder = path.join(__dirname, process.env["SKEIN_TEST_KIND"] ?? "folder");
	const grep = process.env["SKEIN_TEST_GREP"];
	const mocha = new Mocha({
		ui: "bdd",
		color: true,
		timeout: 90_000,
		retries: 1,
		...(grep && { grep }),
	});
	for (const file of readdirSync(folder).sort()) {
		if (file.endsWith(".test.cjs")) {
			mocha.addFile(path.join(folder, file));
		}
	}
	const counts = { passed: 0, failed: 0, skipped: 0 };
	await new Promise<void>((resolve) => {
		mocha
			.run(() => resolve())
			.on("pass", () => counts.passed++)
			.on("fail", () => counts.failed++)
			.on("retry", (test: Mocha.Test, error: Error) =>
				console.log(`A second try for "${test.fullTitle()}": ${error.stack ?? error.message}`),
			)
			.on("pending", () => counts.skipped++);
	});
	const results = process.env["SKEIN_TEST_RESULTS"];
	if (results) {
		writeFileSync(results, JSON.stringify(counts));
	}
	if (counts.failed > 0) {
		throw new Error(`${counts.failed} failed`);
	}
}
