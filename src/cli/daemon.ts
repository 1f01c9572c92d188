import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };
import { printable, printableLine } from "../core/export/printable.ts";
import type { DaemonLogName } from "../daemon/client/logs.ts";
import type { DaemonState, DaemonStatus } from "../protocol/daemon.ts";
import { type Cli, clientName } from "./cli.ts";
import { type Arguments, type Command, UsageError } from "./command.ts";
import { count, table } from "./table.ts";

const minute = 60_000;
/** Of a log, bytes that are printed when nothing else is asked for. */
const logBytes = 64 * 1024;
const logNames = [
	"daemon",
	"events",
	"stdout",
	"stderr",
] as const satisfies readonly DaemonLogName[];

export const daemon: Command = {
	name: "daemon",
	usage: "daemon status|start|stop|logs [daemon|events|stdout|stderr] [--idle MINUTES] [--force]",
	summary:
		"The process that runs agents for this folder: how it stands, start it, stop it, its logs",
	options: { idle: { type: "string" }, force: { type: "boolean" } },
	takes: [1, 2],
	async run(cli, args) {
		const [verb = "", log] = args.positionals;
		if (log !== undefined && verb !== "logs") {
			throw new UsageError("There are too many arguments.");
		}
		switch (verb) {
			case "status":
				return status(cli);
			case "start":
				return start(cli, args);
			case "stop":
				return stop(cli, args.flag("force"));
			case "logs":
				return logs(cli, log ?? "events");
			default:
				throw new UsageError(`There is no "daemon ${verb}".`);
		}
	},
};

async function status(cli: Cli): Promise<void> {
	// Loaded here only: no other verb needs the protocol.
	const { findDaemon, readDaemonState } = await import("../daemon/client/connect.ts");
	const running = await findDaemon(cli.folder, clientName);
	if (!running) {
		const state = await readDaemonState(cli.folder);
		cli.print({ running: false, state }, () => `${stateLine(state)}\n`);
		return;
	}
	try {
		const status = await running.call("status", {});
		printStatus(cli, status, running.version);
	} finally {
		running.dispose();
	}
}

async function start(cli: Cli, args: Arguments): Promise<void> {
	const given = args.text("idle");
	const minutes = given === undefined ? undefined : Number(given);
	if (minutes !== undefined && !(minutes > 0)) {
		throw new UsageError(`"${given}" is not a number of minutes.`);
	}
	const { connectDaemon } = await import("../daemon/client/connect.ts");
	const running = await connectDaemon({
		folder: cli.folder,
		client: clientName,
		script: fileURLToPath(new URL("daemon.js", import.meta.url)),
		version: manifest.version,
		...(minutes === undefined ? {} : { idleTimeout: minutes * minute }),
	});
	try {
		printStatus(cli, await running.call("status", {}), running.version);
	} finally {
		running.dispose();
	}
}

async function stop(cli: Cli, force: boolean): Promise<void> {
	const [{ findDaemon }, { stopDaemon }] = await Promise.all([
		import("../daemon/client/connect.ts"),
		import("../daemon/client/stop.ts"),
	]);
	const running = await findDaemon(cli.folder, clientName);
	if (!running) {
		cli.print({ stopped: false, pid: null }, () => "No daemon runs for this folder.\n");
		return;
	}
	try {
		await stopDaemon(running, force);
	} finally {
		running.dispose();
	}
	const { pid } = running;
	cli.print({ stopped: true, pid }, () => `The daemon (process ${pid}) has ended.\n`);
}

async function logs(cli: Cli, given: string): Promise<void> {
	const name = logNames.find((known) => known === given);
	if (!name) {
		throw new UsageError(`There is no log "${given}"; there are ${logNames.join(", ")}.`);
	}
	const { readDaemonLog } = await import("../daemon/client/logs.ts");
	const { text, path } = await readDaemonLog(cli.folder, name, logBytes);
	cli.print({ log: name, path, text }, () => printable(text));
}

function printStatus(cli: Cli, status: DaemonStatus, version: string): void {
	const { identity, ...rest } = status;
	cli.print({ running: true, version, ...rest, root: identity.root }, () => {
		const live = status.runs.filter((run) => run.endedAt === null);
		const facts = [
			["Process", `${status.pid}, version ${version}, since ${status.startedAt}`],
			["Clients", String(status.clients)],
			...status.children.map((child) => ["Agent", `${child.agent}: ${child.status}`]),
			...live.map((run) => [
				"Run",
				`${run.session}: ${run.status}, ${run.agent} for ${run.client}`,
			]),
			...status.approvals.map(({ session, title }) => ["Question", `${session}: ${title}`]),
		];
		return `${stateLine(status.state)}\n${table(facts.map((row) => row.map(printableLine)))}`;
	});
}

function stateLine(state: DaemonState): string {
	switch (state.kind) {
		case "busy":
			return `The daemon runs ${count(state.count, "turn")}.`;
		case "needs-you":
			return `The daemon needs you: ${count(state.count, "question")} open.`;
		case "degraded":
		case "crashed":
			return printableLine(`The daemon is ${state.kind}. ${state.reason}`);
		case "stopped":
			return "No daemon runs for this folder.";
		default:
			return `The daemon is ${state.kind}.`;
	}
}
