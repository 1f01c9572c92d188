import { isUtf8 } from "node:buffer";
import { spawn } from "node:child_process";
import { causeInWords, HumanError } from "../../base/errors.ts";
import { type Environment, findGit, gitEnvironment } from "./gitProgram.ts";

/**
 * Said to every git, over anything that a configuration says: no hooks, no file-system monitor, no signatures, no upkeep
 * in the background, whole indexes, and no complaints about line ends.
 */
const settings: readonly Setting[] = [
	["core.hooksPath", "/dev/null"],
	["core.fsmonitor", "false"],
	["core.splitIndex", "false"],
	["core.safecrlf", "false"],
	["core.logAllRefUpdates", "false"],
	// An agent waits for it, and git packs what is kept for longer.
	["core.looseCompression", "1"],
	["commit.gpgSign", "false"],
	["gc.auto", "0"],
	["maintenance.auto", "false"],
	["submodule.recurse", "false"],
	["diff.ignoreSubmodules", "dirty"],
];

/** The oldest git that takes settings from the environment, where a name may hold any character. */
const oldest = [2, 31] as const;

export type Setting = readonly [name: string, value: string];

export interface GitCall {
	/** Folder to run in, where it is not the one of the {@link Git}. */
	readonly cwd?: string;
	readonly input?: string | Uint8Array;
	/** An index other than the user's. */
	readonly index?: string;
	readonly settings?: readonly Setting[];
	readonly signal?: AbortSignal | undefined;
	/** False: paths are patterns. */
	readonly literal?: boolean;
}

/** Git ended with an error. */
export class GitFailure extends HumanError {
	readonly code: number | null;
	readonly stderr: string;

	constructor(command: string, code: number | null, stderr: string) {
		const said = stderr
			.split("\n")
			.map((line) => line.replace(/^(?:fatal|error|warning): /, "").trim())
			.filter((line) => line !== "" && !line.startsWith("hint:"));
		super("git-failed", `git ${command} failed: ${said.at(-1) ?? `it ended with code ${code}`}`);
		this.code = code;
		this.stderr = stderr;
	}
}

/** Longest stderr that is kept. Bytes. */
const stderrLimit = 16 * 1024;

/** The git program, started without a shell and with settings and an environment of our own (see {@link gitEnvironment}). */
export class Git {
	readonly cwd: string;
	private readonly program: string;
	private readonly environment: Readonly<Record<string, string>>;

	constructor(program: string, cwd: string, environment: Readonly<Record<string, string>>) {
		this.program = program;
		this.cwd = cwd;
		this.environment = environment;
	}

	/** Throws a HumanError (`no-git`), also for a git that is too old. */
	static async find(folder: string, env: Environment): Promise<Git> {
		const program = await findGit(env, folder);
		if (program === undefined) {
			throw new HumanError(
				"no-git",
				"Git was not found on this machine, so there are no checkpoints. Install Git, then start VS Code again.",
			);
		}
		const git = new Git(program, folder, gitEnvironment(env));
		const version = await git.line(["version"]);
		const [major = 0, minor = 0] = (/\d+\.\d+/.exec(version)?.[0] ?? "").split(".").map(Number);
		if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
			throw new HumanError(
				"no-git",
				`Checkpoints need Git ${oldest.join(".")} or newer; this is ${version}.`,
			);
		}
		return git;
	}

	/** The same program in another folder. */
	in(folder: string): Git {
		return new Git(this.program, folder, this.environment);
	}

	/** What it prints. Throws a {@link GitFailure}, an AbortError, or a HumanError (`git-failed`) when it cannot be started. */
	run(args: readonly string[], call: GitCall = {}): Promise<Buffer> {
		const { cwd = this.cwd, input, index, signal } = call;
		const env = {
			...this.environment,
			...asVariables([...settings, ...(call.settings ?? [])]),
			...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
			GIT_LITERAL_PATHSPECS: call.literal === false ? "0" : "1",
		};
		return new Promise((resolve, reject) => {
			const process = spawn(this.program, args, {
				cwd,
				env,
				stdio: ["pipe", "pipe", "pipe"],
				shell: false,
				windowsHide: true,
				signal,
			});
			const out: Buffer[] = [];
			let err = Buffer.alloc(0);
			let failure: Error | undefined;
			process.stdout.on("data", (bytes: Buffer) => out.push(bytes));
			process.stderr.on("data", (bytes: Buffer) => {
				err = Buffer.concat([err, bytes]).subarray(-stderrLimit);
			});
			// A git that ends before it has read everything says why by itself.
			process.stdin.on("error", () => undefined);
			process.on("error", (error) => {
				failure = error;
			});
			process.on("exit", () => {
				if (signal?.aborted) {
					// What it started may hold the pipes open for longer.
					process.stdout.destroy();
					process.stderr.destroy();
				}
			});
			process.on("close", (code) => {
				if (signal?.aborted) {
					reject(signal.reason);
				} else if (failure) {
					const said = `git could not be started: ${causeInWords(failure)}.`;
					reject(new HumanError("git-failed", said, { cause: failure }));
				} else if (code !== 0) {
					reject(new GitFailure(args[0] ?? "", code, err.toString("utf8")));
				} else {
					resolve(Buffer.concat(out));
				}
			});
			process.stdin.end(input ?? "");
		});
	}

	/** What it prints, as one line without its end. */
	async line(args: readonly string[], call?: GitCall): Promise<string> {
		const text = (await this.run(args, call)).toString("utf8");
		return text.endsWith("\n") ? text.slice(0, -1) : text;
	}
}

function asVariables(all: readonly Setting[]): Record<string, string> {
	const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(all.length) };
	for (const [index, [name, value]] of all.entries()) {
		variables[`GIT_CONFIG_KEY_${index}`] = name;
		variables[`GIT_CONFIG_VALUE_${index}`] = value;
	}
	return variables;
}

/** Splits what git prints with `-z`; undefined stands for a name that is not valid UTF-8. */
export function splitNul(bytes: Buffer): (string | undefined)[] {
	const fields: (string | undefined)[] = [];
	let from = 0;
	for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, from)) {
		const field = bytes.subarray(from, at);
		fields.push(isUtf8(field) ? field.toString("utf8") : undefined);
		from = at + 1;
	}
	return fields;
}

/** Joins what git reads with `-z`. */
export function joinNul(fields: readonly string[]): string {
	return fields.map((field) => `${field}\0`).join("");
}
