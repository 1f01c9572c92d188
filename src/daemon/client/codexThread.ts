import { HumanError } from "../../base/errors.ts";
import { isProgram } from "../../core/programs.ts";
import type { CodexThreadMetadata } from "../../core/sources/codex/threadMetadata.ts";
import { checkTitle } from "../../core/store/session.ts";
import type { AgentSpec } from "../../protocol/daemon.ts";
import type { DaemonClient } from "./client.ts";

export type ThreadChange = { readonly name: string } | { readonly archived: boolean };

export interface ThreadChangeOptions {
	/** Codex's own files. */
	readonly metadata: CodexThreadMetadata;
	/** How Codex is run. */
	readonly agent: AgentSpec;
	/** Finds or starts a daemon; undefined where there is no folder to have one. */
	readonly connect: (() => Promise<DaemonClient>) | undefined;
	/** Whether the thread is archived now. */
	readonly archived: boolean;
}

/**
 * Renames or archives a thread of Codex's own: through Codex where it is installed, for it owns its threads and knows
 * which of them it writes, else in its files. Resolves with what is said of the thread then. Throws a HumanError.
 */
export async function changeCodexThread(
	thread: string,
	given: ThreadChange,
	{ metadata, agent, connect, archived }: ThreadChangeOptions,
): Promise<{ readonly name: string; readonly archived: boolean }> {
	const change = "name" in given ? { name: given.name.trim() } : given;
	if ("name" in change) {
		if (change.name === "") {
			throw new HumanError("empty-title", "A session needs a name. Nothing was changed.");
		}
		checkTitle(change.name);
	}
	if ("name" in change && archived) {
		// Nobody writes what is archived, and Codex does not rename it.
		if (!(await metadata.isInFiles(thread))) {
			throw new HumanError(
				"archived",
				"Codex does not rename a session that is in its archive. Nothing was changed; unarchive it first.",
			);
		}
	} else if (connect && (await isProgram(agent.command))) {
		const client = await connect();
		return client.call("changeThread", { thread, agent, change });
	}
	const now =
		"name" in change
			? await metadata.update(thread, { name: change.name }, { includeArchived: true })
			: await metadata.setArchived(thread, change.archived);
	return { name: now.name ?? "", archived: now.archived };
}
