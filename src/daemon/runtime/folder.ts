import { createHash } from "node:crypto";
import { lstat, mkdir, realpath } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";

/** What the choice of the runtime folder depends on; a test gives its own. */
export interface RuntimeContext {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly platform: NodeJS.Platform;
	/** The user's id, undefined where there is none (Windows). */
	readonly uid: number | undefined;
	/** Where the system keeps the users' runtime folders; `/run/user` by default. */
	readonly users?: string;
}

export function processContext(): RuntimeContext {
	return { env: process.env, platform: process.platform, uid: process.getuid?.() };
}

/** The files of one daemon (design: section 3). */
export interface RuntimeFolder {
	/** Real path of the workspace folder: the identity of a running daemon. */
	readonly root: string;
	/** The first 16 hex digits of the SHA-256 of `root`. */
	readonly key: string;
	readonly folder: string;
	/** The same of `folder`: what its daemon's children are marked with, for who holds another lock must not end them. */
	readonly mark: string;
	readonly lock: string;
	readonly daemonFile: string;
	readonly identity: string;
	readonly state: string;
	readonly runs: string;
	readonly events: string;
	readonly stdout: string;
	readonly stderr: string;
	readonly daemonLog: string;
	/** Recorded protocol logs. */
	readonly protocols: string;
}

/**
 * Where the daemon of a workspace folder keeps its files: computed from the user and the folder's real path, never read
 * from the workspace, so nothing in a cloned repository can name another daemon. Writes nothing. Throws a HumanError
 * (`no-folder`).
 */
export async function runtimeFolderOf(
	folder: string,
	context: RuntimeContext = processContext(),
): Promise<RuntimeFolder> {
	let root: string;
	try {
		root = await realpath(folder);
	} catch (error) {
		throw new HumanError("no-folder", `${folder} cannot be opened: ${causeInWords(error)}.`, {
			cause: error,
		});
	}
	const key = shortHash(root);
	const own = path.join(await userRuntimeFolder(context), key);
	const file = (name: string) => path.join(own, name);
	return {
		root,
		key,
		folder: own,
		mark: shortHash(own),
		lock: file("lock.db"),
		daemonFile: file("daemon.json"),
		identity: file("identity.json"),
		state: file("state.json"),
		runs: file("runs.jsonl"),
		events: file("events.jsonl"),
		stdout: file("stdout.log"),
		stderr: file("stderr.log"),
		daemonLog: file("daemon.log"),
		protocols: file("protocols"),
	};
}

function shortHash(text: string): string {
	return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * The user's own folder for files of running programs: the platform's where it has one, else one in the temporary folder.
 * All processes of a user should find the same one, however they were started: a snap is told of a folder of its own below
 * the user's, and what `su` or `cron` starts of none.
 */
async function userRuntimeFolder(context: RuntimeContext): Promise<string> {
	const { env, platform, uid, users = "/run/user" } = context;
	if (platform === "win32") {
		const local = env["LOCALAPPDATA"] || path.join(homedir(), "AppData", "Local");
		return path.join(local, "skein", "runtime");
	}
	const given = env["XDG_RUNTIME_DIR"];
	const named = given && path.isAbsolute(given) ? path.normalize(given) : undefined;
	if (platform === "linux" && uid !== undefined) {
		const own = path.join(users, String(uid));
		const isBelow = named === undefined || `${named}/`.startsWith(`${own}/`);
		if (isBelow && (await isPrivate(own, context).catch(() => false))) {
			return path.join(own, "skein");
		}
	}
	if (named !== undefined) {
		return path.join(named, "skein");
	}
	const temporary = platform === "darwin" ? env["TMPDIR"] || tmpdir() : "/tmp";
	return path.join(temporary, `skein-${uid ?? 0}`);
}

/**
 * Makes the folder, 0700. Throws a HumanError (`unsafe-folder`) when it, or the one above it, is a link, belongs to
 * somebody else, or can be entered by others: whoever made it could read the token.
 */
export async function makeRuntimeFolder(
	runtime: RuntimeFolder,
	context: RuntimeContext = processContext(),
): Promise<void> {
	const parent = path.dirname(runtime.folder);
	for (const folder of [parent, runtime.folder]) {
		try {
			await mkdir(folder, { recursive: folder === parent, mode: 0o700 });
		} catch (error) {
			if (systemErrorCode(error) !== "EEXIST") {
				throw new HumanError(
					"unsafe-folder",
					`The folder ${folder}, which Skein's daemon needs, could not be made: ${causeInWords(error)}.`,
					{ cause: error },
				);
			}
		}
		await checkPrivate(folder, context);
	}
}

/** Whether the folder is there and ours alone. Throws like {@link makeRuntimeFolder} when it is there and is not. */
export async function isPrivate(
	folder: string,
	context: RuntimeContext = processContext(),
): Promise<boolean> {
	try {
		await checkPrivate(folder, context);
		return true;
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return false;
		}
		throw error;
	}
}

async function checkPrivate(folder: string, { uid }: RuntimeContext): Promise<void> {
	const stat = await lstat(folder);
	const foreign = uid !== undefined && (stat.uid !== uid || (stat.mode & 0o077) !== 0);
	if (!stat.isDirectory() || foreign) {
		throw new HumanError(
			"unsafe-folder",
			`${folder} is not a folder that only you can enter, so Skein's daemon does not use it. Remove it and try again.`,
		);
	}
}

/** Where clients reach the daemon: a socket in its folder, or a pipe of a name nobody can guess. */
export function newEndpoint(runtime: RuntimeFolder, random: string, platform = process.platform) {
	return platform === "win32"
		? `\\\\.\\pipe\\skein-${runtime.key}-${random}`
		: path.join(runtime.folder, "socket");
}
