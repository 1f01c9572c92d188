// The daemon process: `node dist/daemon.js --folder DIR`. Tells its starter on stdout, in one JSON line, how the start
// went; after that it says nothing there. What it prints on stderr goes to daemon.log.
import { parseArgs } from "node:util";
import { errorSentence, HumanError } from "../base/errors.ts";
import type { StartReport } from "./client/startReport.ts";
import { Daemon } from "./daemon.ts";
import { makeRuntimeFolder, runtimeFolderOf } from "./runtime/folder.ts";
import { DaemonLock } from "./runtime/lock.ts";
import { restartBackoff } from "./supervise/backoff.ts";

const { values } = parseArgs({
	options: {
		folder: { type: "string" },
		version: { type: "string", default: "0" },
		idle: { type: "string" },
		childIdle: { type: "string" },
		patience: { type: "string" },
		helloPatience: { type: "string" },
		backoff: { type: "string" },
		attempts: { type: "string" },
	},
});

/** A time in ms from an argument, for tests that do not want to wait. */
function ms<N extends string>(name: N, value: string | undefined): { [K in N]?: number } {
	return value === undefined ? {} : ({ [name]: Number(value) } as { [K in N]: number });
}

function report(message: StartReport): Promise<void> {
	return new Promise((resolve) => {
		// A starter that is gone already does not matter.
		process.stdout.on("error", () => resolve());
		process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve());
	});
}

async function main(): Promise<void> {
	const { folder, version, idle, childIdle, patience, helloPatience, backoff, attempts } = values;
	if (folder === undefined) {
		throw new HumanError("usage", "The daemon must be told its folder: --folder DIR.");
	}
	const runtime = await runtimeFolderOf(folder);
	await makeRuntimeFolder(runtime);
	const lock = DaemonLock.take(runtime.lock);
	if (!lock) {
		await report({ kind: "held" });
		return;
	}
	const daemon = new Daemon(runtime, lock, {
		version,
		environment: process.env,
		...ms("idle", idle),
		...ms("childIdle", childIdle),
		...ms("patience", patience),
		...ms("helloPatience", helloPatience),
		backoff: {
			...restartBackoff,
			...ms("first", backoff),
			...(attempts === undefined ? {} : { attempts: Number(attempts) }),
		},
	});
	for (const signal of ["SIGTERM", "SIGINT"] as const) {
		process.on(signal, () => void daemon.stop(`The daemon was ended by ${signal}.`));
	}
	// What nobody waited for must not end the runs of others; what was thrown in between may have left anything behind.
	process.on("unhandledRejection", (reason) => console.error(reason));
	process.on("uncaughtException", (error) => {
		console.error(error);
		process.exitCode = 1;
		void daemon.stop(`The daemon failed: ${error.message}`);
		setTimeout(() => process.exit(1), 10_000).unref();
	});
	// The terminal or window that started it may go.
	process.on("SIGHUP", () => undefined);
	const isUp = await daemon.start();
	await report(
		isUp
			? { kind: "ready" }
			: { kind: "failed", message: "It was told to stop before it had started." },
	);
	await daemon.ended;
}

try {
	await main();
	process.exit();
} catch (error) {
	console.error(error);
	await report({ kind: "failed", message: errorSentence(error) });
	process.exit(1);
}
