import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
	existsSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import { folder, run, skein, until } from "../support.ts";

const version: string = vscode.extensions.getExtension("skein.skein")?.packageJSON.version;

describe("The skein command", () => {
	it("is there in the terminals of VS Code, without a Node of one's own", async () => {
		const { context } = await skein();
		await until("the launcher is written", () => existsSync(context.terminalCommand.file));
		const file = path.join(tmpdir(), `skein-terminal-${process.pid}`);
		// The file has its name once all is in it.
		const script = `{ skein --version; skein list; } > '${file}.new' 2>&1; mv '${file}.new' '${file}'; sleep 600`;
		const terminal = vscode.window.createTerminal({
			name: "skein",
			cwd: folder(),
			shellPath: "/bin/sh",
			shellArgs: ["-c", script],
		});
		try {
			await until("the terminal has run it", () => existsSync(file));
			const said = readFileSync(file, "utf8");
			assert.match(said, new RegExp(`^skein ${version.replaceAll(".", "\\.")}\n`));
			assert.match(said, /A tour of the code/);
		} finally {
			terminal.dispose();
			rmSync(file, { force: true });
		}
	});

	it("Install Terminal Command links it where programs of the person's are, and replaces nothing of theirs", async () => {
		const { context } = await skein();
		const installed = path.join(homedir(), ".local/bin/skein");
		assert.ok(homedir().startsWith(tmpdir()), "the home of this test is its own");
		try {
			assert.equal(await run("installCommand"), installed);
			assert.equal(readlinkSync(installed), context.terminalCommand.file);
			assert.equal(
				execFileSync(installed, ["--version"], { encoding: "utf8" }),
				`skein ${version}\n`,
			);
			assert.equal(await run("installCommand"), installed, "again, as after an update");

			rmSync(installed);
			writeFileSync(installed, "mine");
			await run("installCommand", [], { error: /is there already and is not this extension's/ });
			assert.equal(readFileSync(installed, "utf8"), "mine");
			assert.ok(lstatSync(installed).isFile());
		} finally {
			rmSync(installed, { force: true });
		}
	});

	it("says so when it cannot be installed", async () => {
		const taken = path.join(homedir(), ".local");
		const aside = `${taken}.aside`;
		mkdirSync(taken, { recursive: true });
		renameSync(taken, aside);
		writeFileSync(taken, "a file");
		try {
			await run("installCommand", [], { error: /could not be installed: .* may not be written/ });
		} finally {
			rmSync(taken);
			renameSync(aside, taken);
		}
	});
});
