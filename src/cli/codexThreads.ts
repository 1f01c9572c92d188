import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };
import { printableLine } from "../core/export/printable.ts";
import { standsFor } from "../core/model/summary.ts";
import type { DaemonClient } from "../daemon/client/client.ts";
import type { ThreadChange } from "../daemon/client/codexThread.ts";
import type { AgentSpec } from "../protocol/daemon.ts";
import { type Cli, clientName } from "./cli.ts";
import { sessionShape } from "./shapes.ts";

/** After how long a daemon ends itself that was started for this alone. ms. */
const idleTimeout = 60_000;

const codex: AgentSpec = {
	agent: "codex",
	driver: "codex",
	command: "codex",
	args: ["app-server"],
};

/**
 * Renames or archives one of Codex's own sessions and prints it. False when `given` names none, or one that one of ours
 * stands for: then `given` is to be changed as ours, under the id that `ours` gets.
 */
export async function changeAtCodex(
	cli: Cli,
	given: string,
	change: ThreadChange,
	done: string,
): Promise<{ readonly changed: true } | { readonly changed: false; readonly id: string }> {
	if (!given.startsWith("codex:")) {
		return { changed: false, id: given };
	}
	const { source, summary } = await cli.sourceSession(given);
	const rows = await cli.catalogue([]).list();
	const ours = rows.find((row) => standsFor(row).includes(summary.id))?.id;
	if (ours !== undefined || !source.metadata || !summary.present) {
		return { changed: false, id: ours ?? given };
	}
	const { changeCodexThread } = await import("../daemon/client/codexThread.ts");
	let client: DaemonClient | undefined;
	try {
		const now = await changeCodexThread(summary.id.slice("codex:".length), change, {
			metadata: source.metadata,
			agent: codex,
			connect: async () => {
				client = await daemonFor(cli);
				return client;
			},
			archived: summary.archived,
		});
		// Its file may lie elsewhere now.
		const { summary: fresh } = await cli.sourceSession(summary.id);
		const named = now.name === "" ? {} : { title: now.name, untitled: false };
		const session = sessionShape({ ...fresh, archived: now.archived, ...named });
		cli.print({ session }, () => `${done}: ${printableLine(session.title) || "untitled"}\n`);
		return { changed: true };
	} finally {
		client?.dispose();
	}
}

async function daemonFor(cli: Cli): Promise<DaemonClient> {
	const { connectDaemon } = await import("../daemon/client/connect.ts");
	return connectDaemon({
		folder: cli.folder,
		client: clientName,
		script: fileURLToPath(new URL("daemon.js", import.meta.url)),
		version: manifest.version,
		idleTimeout,
	});
}
