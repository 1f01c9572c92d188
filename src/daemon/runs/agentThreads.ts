import { errorSentence, HumanError } from "../../base/errors.ts";
import type { DaemonParams, DaemonResult } from "../../protocol/daemon.ts";
import type { Agents } from "../supervise/agents.ts";

/**
 * Renames or archives a conversation that is an agent's own, and of none of our sessions. Starts the agent, which knows
 * whether one of its programs works on it. Throws what starting throws, and a HumanError (`agent-refused`).
 */
export async function changeThread(
	{ thread, agent: spec, change }: DaemonParams<"changeThread">,
	agents: Agents,
): Promise<DaemonResult<"changeThread">> {
	const agent = agents.of(spec);
	agent.hold();
	try {
		const handle = (await agent.connect()).handle(thread);
		if ("name" in change) {
			await handle.setName(change.name);
		} else if ((await handle.read())?.archived !== change.archived) {
			await handle.setArchived(change.archived);
		}
		const now = await handle.read();
		if (!now) {
			throw new Error("it keeps no names and no archive");
		}
		return { name: now.name, archived: now.archived };
	} catch (error) {
		throw error instanceof HumanError
			? error
			: new HumanError(
					"agent-refused",
					`${spec.agent} did not change its session: ${errorSentence(error)}.`,
					{ cause: error },
				);
	} finally {
		agent.release();
	}
}
