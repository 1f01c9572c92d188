import type { Disposable } from "../../base/disposable.ts";
import { errorSentence } from "../../base/errors.ts";
import type { DaemonClient } from "../../daemon/client/client.ts";
import type { AgentSpec } from "../../protocol/daemon.ts";
import type { SessionList, SessionRow } from "../sessions/sessionList.ts";
import { ownSource } from "../sessions/sessionList.ts";

export interface AgentNamesOptions {
	readonly list: SessionList;
	/** The connection to the daemon of a folder, while there is one. */
	readonly clientOf: (folder: string) => DaemonClient | undefined;
	/** How an agent of the settings is run. */
	readonly agentOf: (agent: string, folder: string) => AgentSpec | undefined;
	readonly failed: (sentence: string) => void;
}

/**
 * Lets agents know when a session that lives with them was renamed or archived, here or by the command. Starts no daemon
 * for it: what happens while none runs is brought in step with the next prompt.
 */
export class AgentNames implements Disposable {
	private readonly options: AgentNamesOptions;
	private readonly listening: Disposable;
	/** Name and archive mark by session, as they were last seen. */
	private readonly seen = new Map<string, string>();

	constructor(options: AgentNamesOptions) {
		this.options = options;
		this.listening = options.list.onDidChange(({ ids }) => this.look(ids));
	}

	dispose(): void {
		this.listening.dispose();
	}

	private look(ids: ReadonlySet<string> | undefined): void {
		const { list } = this.options;
		const rows = ids === undefined ? list.rows : [...ids].map((id) => list.get(id));
		for (const row of rows) {
			if (row && row.summary.source === ownSource && row.summary.threads.length > 0) {
				this.compare(row);
			}
		}
	}

	private compare({ summary, folder }: SessionRow): void {
		const { id, title, untitled, archived, trashed, threads } = summary;
		const now = `${archived || trashed} ${untitled ? "" : title}`;
		const before = this.seen.get(id);
		this.seen.set(id, now);
		if (before === undefined || before === now || folder === null) {
			return;
		}
		const agent = this.options.agentOf(threads.at(-1)?.split(":", 1)[0] ?? "", folder);
		const client = this.options.clientOf(folder);
		if (agent && client) {
			client.call("sync", { session: id, agent }).catch((error) => {
				this.options.failed(
					`${agent.agent} was not told that "${title}" was renamed or archived: ${errorSentence(error)}`,
				);
			});
		}
	}
}
