import { spawn } from "node:child_process";
import { open, readFile, rename, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { HumanError, systemErrorCode } from "../../base/errors.ts";
import { DaemonFile, type DaemonState, StateFile } from "../../protocol/daemon.ts";
import {
	isPrivate,
	makeRuntimeFolder,
	processContext,
	type RuntimeContext,
	type RuntimeFolder,
	runtimeFolderOf,
} from "../runtime/folder.ts";
import { parseJson, readJson } from "../runtime/jsonFile.ts";
import { scrubbedEnvironment } from "../supervise/environment.ts";
import { DaemonClient, DaemonError, notAnswering } from "./client.ts";
import { StartReport } from "./startReport.ts";

export interface ConnectOptions {
	/** The workspace folder. Must be a trusted one: whoever calls this has asked. */
	readonly folder: string;
	/** What to call us in messages to other windows: "the window at ~/project". */
	readonly client: string;
	/** Absolute path of dist/daemon.js. */
	readonly script: string;
	/** Version of Skein. */
	readonly version: string;
	/** The runtime to start it with; VS Code's own by default. */
	readonly runtime?: string;
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** After how long without client and run a daemon that is started now ends itself, ms; 10 minutes by default. */
	readonly idleTimeout?: number;
	/** More arguments of the daemon's. */
	readonly args?: readonly string[];
}

/** How long a starter waits for a daemon that another one starts at the same moment, ms. */
const patience = 5000;
const retryInterval = 25;
/** A daemon may have much to put in order before it lets clients in. ms. */
const startPatience = 60_000;
const logLimit = 8 * 1024 * 1024;

/**
 * A connection to the daemon of a folder, started when none runs. Rejects with a HumanError: `no-folder`,
 * `unsafe-folder`, `protocol` (an older or newer daemon that still works), `not-started` with what it said,
 * `not-answering`.
 */
export async function connectDaemon(options: ConnectOptions): Promise<DaemonClient> {
	const context = contextOf(options.env);
	const runtime = await runtimeFolderOf(options.folder, context);
	await makeRuntimeFolder(runtime, context);
	const deadline = Date.now() + startPatience;
	for (;;) {
		const running = await tryConnect(runtime, options.client);
		if (running) {
			return running;
		}
		const report = await startDaemon(runtime, options);
		if (report.kind === "failed") {
			throw new HumanError(
				"not-started",
				`Skein's daemon could not be started: ${report.message} See ${runtime.daemonLog}.`,
			);
		}
		const client = await retryConnect(runtime, options.client);
		if (client) {
			return client;
		}
		if (Date.now() > deadline) {
			const file = await readJson({ readFile }, runtime.daemonFile, DaemonFile);
			throw notAnswering(file?.pid);
		}
	}
}

/** A connection to the daemon of a folder when one runs; starts none. Rejects with a HumanError: `protocol`, `not-answering`. */
export async function findDaemon(
	folder: string,
	client: string,
	env?: ConnectOptions["env"],
): Promise<DaemonClient | undefined> {
	const runtime = await runtimeFolderOf(folder, contextOf(env));
	return (await isPrivate(runtime.folder)) ? tryConnect(runtime, client) : undefined;
}

/** How the daemon of a folder stands, as its files tell; for a window that has no connection. Starts and writes nothing. */
export async function readDaemonState(
	folder: string,
	env?: ConnectOptions["env"],
): Promise<DaemonState> {
	const runtime = await runtimeFolderOf(folder, contextOf(env));
	if (!(await isPrivate(runtime.folder))) {
		return { kind: "stopped" };
	}
	const state = await readJson({ readFile }, runtime.state, StateFile);
	if (!state?.started || state.pid === null) {
		return { kind: "stopped" };
	}
	if (isAlive(state.pid)) {
		return state.state;
	}
	const log = await readFile(runtime.daemonLog, "utf8").catch(() => "");
	return {
		kind: "crashed",
		reason: `The daemon (process ${state.pid}) ended without saying so.`,
		stderr: log.trimEnd().split("\n").slice(-20),
	};
}

function contextOf(env: ConnectOptions["env"] = process.env): RuntimeContext {
	return { ...processContext(), env };
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return systemErrorCode(error) === "EPERM";
	}
}

/** Undefined when nobody listens. */
async function tryConnect(
	runtime: RuntimeFolder,
	client: string,
): Promise<DaemonClient | undefined> {
	const file = await readJson({ readFile }, runtime.daemonFile, DaemonFile);
	if (!file) {
		return undefined;
	}
	try {
		return await DaemonClient.connect(file, client);
	} catch (error) {
		// One that ends itself for us, and one whose token is from before its restart, are as good as none.
		const isGoing =
			error instanceof DaemonError &&
			(error.data.stopping === true || error.reason === "bad-token");
		const isGone = error instanceof HumanError && error.reason === "daemon-gone";
		const code = systemErrorCode(error);
		if (isGoing || isGone || (code !== undefined && nobody.has(code))) {
			return undefined;
		}
		throw error;
	}
}

const nobody = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTSOCK"]);

async function retryConnect(
	runtime: RuntimeFolder,
	client: string,
): Promise<DaemonClient | undefined> {
	const deadline = Date.now() + patience;
	do {
		const running = await tryConnect(runtime, client);
		if (running) {
			return running;
		}
		await new Promise((resolve) => setTimeout(resolve, retryInterval));
	} while (Date.now() < deadline);
	return undefined;
}

/** Starts a daemon that outlives us. Resolves with what it says about its start. */
async function startDaemon(
	runtime: RuntimeFolder,
	{ folder, script, version, runtime: program, env = process.env, ...options }: ConnectOptions,
): Promise<StartReport> {
	const { idleTimeout, args = [] } = options;
	const idle = idleTimeout === undefined ? [] : ["--idle", String(idleTimeout)];
	const log = await openLog(runtime.daemonLog);
	try {
		const child = spawn(
			program ?? process.execPath,
			[script, "--folder", folder, "--version", version, ...idle, ...args],
			{
				cwd: runtime.folder,
				// On the desktop the runtime is VS Code's own program, which must be told to be Node.
				env: { ...scrubbedEnvironment(env), ELECTRON_RUN_AS_NODE: "1" },
				stdio: ["ignore", "pipe", log.fd],
				detached: true,
				windowsHide: true,
			},
		);
		child.unref();
		return await firstReport(child.stdout as Readable, child);
	} finally {
		await log.close();
	}
}

async function firstReport(
	stdout: Readable,
	child: { once(event: "error", listener: (error: Error) => void): unknown },
): Promise<StartReport> {
	const lines = createInterface({ input: stdout });
	let timer: NodeJS.Timeout | undefined;
	const line = await new Promise<string>((resolve) => {
		// One that takes longer may still come: then its socket tells.
		timer = setTimeout(() => resolve('{"kind":"held"}'), startPatience);
		lines.once("line", resolve);
		lines.once("close", () => resolve(""));
		child.once("error", (error) =>
			resolve(JSON.stringify({ kind: "failed", message: error.message })),
		);
	});
	clearTimeout(timer);
	lines.close();
	stdout.destroy();
	const report = StartReport.safeParse(parseJson(line));
	return report.success
		? report.data
		: { kind: "failed", message: "It ended before it said anything." };
}

async function openLog(path: string) {
	try {
		if ((await stat(path)).size > logLimit) {
			await rename(path, `${path}.1`);
		}
	} catch (error) {
		if (systemErrorCode(error) !== "ENOENT") {
			throw error;
		}
	}
	return open(path, "a", 0o600);
}
