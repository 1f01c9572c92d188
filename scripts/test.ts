// Runs every check, or the parts that are named: setup, check, unit, package, build, integration, e2e. One part that fails does
// not stop the others. The last line counts all. Option: --min (the oldest supported VS Code).
import { globSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { installServer, serverVersions } from "./lib/install.ts";
import { repository } from "./lib/paths.ts";
import { errorText, run } from "./lib/processes.ts";
import type { TestRunReport } from "./lib/testReporter.ts";

interface Counts {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
}
type Step = readonly [title: string, run: () => Promise<Counts>];

const out = path.join(repository, "out");
const vsix = path.join(out, "skein.vsix");
/** The packaged extension's budget, in bytes. */
const vsixLimit = 1024 * 1024;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { min: { type: "boolean", default: false } },
});

const parts: Readonly<Record<string, readonly Step[]>> = {
	setup: [["What the tests need", setUp]],
	check: [
		["Format and lint", () => program("biome", "check", "--error-on-warnings")],
		["Types of the host, the core and the tests", () => program("tsc", "-p", ".")],
		["Types of the page", () => program("tsc", "-p", "src/webview")],
	],
	unit: [["Unit tests", () => nodeTests(unitTests())]],
	package: [["Package", packageExtension]],
	build: [["Build", () => program("node", "esbuild.mjs")]],
	integration: [["Tests inside VS Code", integration]],
	e2e: [["Tests in the browser", e2e]],
};

mkdirSync(out, { recursive: true });
const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
const passed: Counts = { passed: 1, failed: 0, skipped: 0 };
const failed: Counts = { passed: 0, failed: 1, skipped: 0 };
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of wanted) {
	const steps = parts[name];
	if (!steps) {
		console.error(`There is no part "${name}"; there are ${Object.keys(parts).join(", ")}.`);
		total.failed++;
		continue;
	}
	for (const [title, step] of steps) {
		console.log(`\n━━ ${title}`);
		const counts = await step().catch((error: unknown): Counts => {
			console.error(errorText(error));
			return failed;
		});
		total.passed += counts.passed;
		total.failed += counts.failed;
		total.skipped += counts.skipped;
	}
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** A program that counts as one check. */
async function program(command: string, ...args: string[]): Promise<Counts> {
	await run(command, args, { cwd: repository });
	return passed;
}

/** All tests that need no VS Code: beside the code, and in the folders of `test/` that are not for VS Code. */
function unitTests(): string[] {
	return globSync(["src/**/*.test.ts", "scripts/**/*.test.ts", "test/*/**/*.test.ts"], {
		cwd: repository,
		exclude: ["test/integration/**", "test/e2e/**"],
	});
}

/**
 * Runs files of node:test. Files in which something failed are run once more, one after another: tests of real processes,
 * browsers and clocks can fail on a machine that is busy. What needed it is named, and fails if it fails again.
 */
async function nodeTests(files: readonly string[], ...options: string[]): Promise<Counts> {
	if (files.length === 0) {
		throw new Error("There are no tests.");
	}
	const first = await nodeTestRun(files, options);
	const failedFiles = files.filter((file) => first.files.includes(path.resolve(repository, file)));
	if (failedFiles.length === 0) {
		return first;
	}
	console.log(`\nA second try for ${first.failures.map((name) => `"${name}"`).join(", ")}`);
	const second = await nodeTestRun(failedFiles, [...options, "--test-concurrency=1"]);
	const mended = first.failed - second.failed;
	return { ...first, passed: first.passed + mended, failed: second.failed };
}

async function nodeTestRun(
	files: readonly string[],
	options: readonly string[],
): Promise<TestRunReport> {
	const report = path.join(out, "tests.json");
	rmSync(report, { force: true });
	const reporters = [
		"--test-reporter=spec",
		"--test-reporter-destination=stdout",
		`--test-reporter=${pathToFileURL(path.join(repository, "scripts/lib/testReporter.ts"))}`,
		`--test-reporter-destination=${report}`,
	];
	const ended = await run(process.execPath, ["--test", ...reporters, ...options, ...files], {
		cwd: repository,
	}).then(() => "", errorText);
	const result = JSON.parse(readFileSync(report, "utf8")) as TestRunReport;
	if (ended && result.failed === 0) {
		throw new Error(ended);
	}
	return result;
}

/** Browser and VS Code server; some unit tests need the browser, too. */
async function setUp(): Promise<Counts> {
	await installServer(values.min ? serverVersions.minimum : serverVersions.current);
	return { passed: 0, failed: 0, skipped: 0 };
}

async function packageExtension(): Promise<Counts> {
	rmSync(vsix, { force: true });
	await run("npm", ["run", "--silent", "package"], { cwd: repository });
	const { size } = statSync(vsix);
	console.log(`The package has ${Math.round(size / 1024)} KiB of ${vsixLimit / 1024} KiB.`);
	if (size > vsixLimit) {
		throw new Error("The package is larger than its budget.");
	}
	return passed;
}

async function integration(): Promise<Counts> {
	const results = path.join(out, "integration.json");
	rmSync(results, { force: true });
	const args = ["test/integration/run.ts", "--results", results, ...(values.min ? ["--min"] : [])];
	// Its failures are in its results.
	const ended = await run(process.execPath, args, { cwd: repository }).catch(errorText);
	try {
		return JSON.parse(readFileSync(results, "utf8")) as Counts;
	} catch {
		throw new Error(ended);
	}
}

async function e2e(): Promise<Counts> {
	const files = globSync("test/e2e/**/*.test.ts", { cwd: repository });
	return nodeTests(files, "--test-concurrency=1");
}
