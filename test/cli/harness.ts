import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { type Locations, userLocations } from "../../src/core/locations.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";

/** The command's first file as it stands in the sources. */
export const sourceMain = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** The command in one file, as it is shipped: it starts six times as fast as the sources do. */
export const main = bundled();

/** Puts the daemon beside the command, as it is shipped. Returns its path. */
export function bundleDaemon(): string {
	const folder = path.dirname(main);
	const outfile = path.join(folder, "daemon.js");
	if (!existsSync(outfile)) {
		writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
		bundle(fileURLToPath(new URL("../../src/daemon/main.ts", import.meta.url)), outfile);
	}
	return outfile;
}

function bundled(): string {
	const folder = mkdtempSync(path.join(tmpdir(), "skein-cli-bundle-"));
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	// A process that is tested may run as another user.
	chmodSync(folder, 0o755);
	const outfile = path.join(folder, "cli.mjs");
	bundle(sourceMain, outfile);
	return outfile;
}

function bundle(entry: string, outfile: string): void {
	buildSync({
		entryPoints: [entry],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		logLevel: "warning",
		banner: {
			js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
		},
	});
}

export interface Result {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface RunOptions {
	readonly input?: string | Buffer;
	readonly cwd?: string;
	readonly env?: Record<string, string>;
	readonly uid?: number;
}

/** A workspace folder, a home and a Codex home of their own, removed when the test ends. */
export class Place {
	readonly root: string;
	readonly folder: string;
	readonly env: Record<string, string>;

	private constructor(root: string) {
		this.root = root;
		this.folder = path.join(root, "workspace");
		this.env = {
			PATH: process.env["PATH"] ?? "",
			HOME: path.join(root, "home"),
			XDG_DATA_HOME: path.join(root, "data"),
			XDG_CACHE_HOME: path.join(root, "cache"),
			CODEX_HOME: path.join(root, "codex"),
			XDG_RUNTIME_DIR: path.join(root, "run"),
		};
	}

	static async make(test: TestContext): Promise<Place> {
		const place = new Place(await mkdtemp(path.join(tmpdir(), "skein-cli-")));
		for (const folder of [place.folder, ...Object.values(place.env).slice(1)]) {
			await mkdir(folder, { recursive: true });
		}
		test.after(() => rm(place.root, { recursive: true, force: true }));
		return place;
	}

	get locations(): Locations {
		return userLocations(this.env, "linux");
	}

	/** The same store, used in this process. */
	store(): WorkspaceStore {
		return new WorkspaceStore(this.folder, this.locations);
	}

	journal(id: string): string {
		return path.join(this.folder, ".vscode", "skein", "sessions", `${id}.jsonl`);
	}

	start(args: readonly string[], options: RunOptions = {}): ChildProcess {
		return spawn(process.execPath, [main, ...args], {
			cwd: options.cwd ?? this.folder,
			env: { ...this.env, ...options.env },
			...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
		});
	}

	/** Runs the command to its end. */
	async run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
		const child = this.start(args, options);
		let stdout = "";
		let stderr = "";
		child.stdout?.setEncoding("utf8").on("data", (text: string) => {
			stdout += text;
		});
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			stderr += text;
		});
		child.stdin?.on("error", () => undefined);
		child.stdin?.end(options.input ?? "");
		const code = await new Promise<number | null>((resolve, reject) => {
			child.on("error", reject).on("close", resolve);
		});
		return { code, stdout, stderr };
	}

	/** Runs a verb that must succeed; returns the JSON document that it prints. */
	async json<T = Record<string, unknown>>(
		args: readonly string[],
		options?: RunOptions,
	): Promise<T> {
		const result = await this.run(["--json", ...args], options);
		if (result.code !== 0) {
			throw new Error(`skein ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
		}
		return JSON.parse(result.stdout) as T;
	}

	/** Makes a session; returns its id. */
	async create(title = "A session"): Promise<string> {
		return (await this.json<{ session: { id: string } }>(["create", "--title", title])).session.id;
	}

	/** Appends items; returns their ids. */
	async append(id: string, items: readonly object[]): Promise<string[]> {
		const input = items.map((item) => `${JSON.stringify(item)}\n`).join("");
		const result = await this.run(["append", id], { input });
		if (result.code !== 0) {
			throw new Error(`append ended with ${result.code}: ${result.stderr}`);
		}
		return result.stdout.trim().split("\n");
	}
}

/** The records of a journal's text that stand on lines of their own. */
export function recordsOf(text: string): { id: string; type: string; [field: string]: unknown }[] {
	return text.split("\n").flatMap((line) => {
		try {
			return [JSON.parse(line)];
		} catch {
			return [];
		}
	});
}
