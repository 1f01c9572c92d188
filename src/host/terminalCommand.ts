import * as fs from "node:fs/promises";
import { homedir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { HumanError, systemErrorCode } from "../base/errors.ts";

export interface TerminalCommandOptions {
	/** Folder of the extension's own on this machine, the same for all its versions. */
	readonly storage: vscode.Uri;
	/** Absolute path of dist/cli.js. */
	readonly cli: string;
	readonly variables: vscode.EnvironmentVariableCollection;
	/** Of this process: `PATH` says where programs are looked for. */
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Installed {
	/** Where the command is now. */
	readonly file: string;
	/** Whether programs are looked for there. */
	readonly isOnPath: boolean;
}

const isWindows = process.platform === "win32";

/**
 * The `skein` command in terminals: a launcher that starts the extension's own CLI with VS Code's own Node, so that none
 * need be installed. Its path stays when the extension is updated.
 */
export class TerminalCommand {
	readonly folder: string;
	readonly file: string;
	private readonly options: TerminalCommandOptions;

	constructor(options: TerminalCommandOptions) {
		this.options = options;
		this.folder = path.join(options.storage.fsPath, "bin");
		this.file = path.join(this.folder, isWindows ? "skein.cmd" : "skein");
	}

	/** Writes the launcher where it is not the one of this version, and lets the terminals of VS Code find it. */
	async provide(): Promise<void> {
		const { variables, cli } = this.options;
		const script = isWindows ? commandScript(cli) : shellScript(cli);
		if ((await readIfThere(this.file)) !== script) {
			await fs.mkdir(this.folder, { recursive: true });
			// Whole under another name first: a terminal may start it at this moment.
			const making = `${this.file}.${process.pid}`;
			await fs.writeFile(making, script, { mode: 0o755 });
			await fs.rename(making, this.file);
		}
		variables.description = vscode.l10n.t("The `skein` command");
		// Behind everything else: a `skein` of the person's own goes first.
		variables.append("PATH", `${path.delimiter}${this.folder}`);
	}

	/**
	 * Links the launcher into `~/.local/bin` or `~/bin`, into one in which programs are looked for where that can be.
	 * Throws a HumanError: `name-taken`, `not-installed`.
	 */
	async install(): Promise<Installed> {
		await this.provide();
		const standard = path.join(homedir(), ".local", "bin");
		const searched = (this.options.env["PATH"] ?? "").split(path.delimiter);
		const places = [standard, path.join(homedir(), "bin")].filter((each) =>
			searched.includes(each),
		);
		for (const place of [...places, standard]) {
			const file = await this.linkInto(place);
			if (file !== undefined) {
				return { file, isOnPath: searched.includes(place) };
			}
		}
		throw new HumanError(
			"not-installed",
			vscode.l10n.t(
				"The `skein` command could not be installed: {0} may not be written. In the terminals of VS Code it is there already.",
				standard,
			),
		);
	}

	/** Path of the link; undefined where none may be made. */
	private async linkInto(folder: string): Promise<string | undefined> {
		const file = path.join(folder, "skein");
		try {
			await fs.mkdir(folder, { recursive: true });
			await this.removeOwnLink(file);
			await fs.symlink(this.file, file);
			return file;
		} catch (error) {
			if (systemErrorCode(error) !== undefined) {
				return undefined;
			}
			throw error;
		}
	}

	private async removeOwnLink(file: string): Promise<void> {
		const target = await fs.readlink(file).catch((error) => {
			if (systemErrorCode(error) === "ENOENT") {
				return undefined;
			}
			if (systemErrorCode(error) === "EINVAL") {
				throw taken(file);
			}
			throw error;
		});
		if (target === this.file) {
			await fs.unlink(file);
		} else if (target !== undefined) {
			throw taken(file);
		}
	}
}

function taken(file: string): HumanError {
	return new HumanError(
		"name-taken",
		vscode.l10n.t(
			"{0} is there already and is not this extension's. Nothing was installed; remove it first, if you no longer need it.",
			file,
		),
	);
}

/** On the desktop the program is VS Code's own, which must be told to be Node. */
function shellScript(cli: string): string {
	const quoted = [process.execPath, cli].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
	return `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${quoted.join(" ")} "$@"\n`;
}

function commandScript(cli: string): string {
	const quoted = [process.execPath, cli].map((word) => `"${word.replaceAll("%", "%%")}"`);
	return `@echo off\r\nsetlocal\r\nset ELECTRON_RUN_AS_NODE=1\r\n${quoted.join(" ")} %*\r\n`;
}

async function readIfThere(file: string): Promise<string | undefined> {
	try {
		return await fs.readFile(file, "utf8");
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return undefined;
		}
		throw error;
	}
}
