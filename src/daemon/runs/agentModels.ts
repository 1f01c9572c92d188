import { errorSentence, HumanError } from "../../base/errors.ts";
import type { WorkspaceStore } from "../../core/store/workspaceStore.ts";
import type { AgentModel, DaemonParams, OfferedModels } from "../../protocol/daemon.ts";
import type { Agents } from "../supervise/agents.ts";
import { folderOf } from "./context.ts";

/** Models that a client is told of; some agents know those of many providers. */
const modelLimit = 2000;
/** Letters of a name or an id, and of a description. */
const nameLimit = 300;
const descriptionLimit = 1000;

/** What models an agent offers where a session runs. Starts the agent, and throws what starting throws. */
export async function modelsOf(
	{ session, agent: spec }: DaemonParams<"models">,
	store: WorkspaceStore,
	agents: Agents,
): Promise<OfferedModels> {
	const cwd = await placeOf(session, store);
	const agent = agents.of(spec);
	agent.hold();
	try {
		const connection = await agent.connect();
		const offered = await connection.models(cwd);
		return { ...offered, models: offered.models.filter(isUsable).slice(0, modelLimit).map(short) };
	} catch (error) {
		throw error instanceof HumanError
			? error
			: new HumanError("agent-refused", errorSentence(error), { cause: error });
	} finally {
		agent.release();
	}
}

/** Where a prompt of the session would run. One that has no journal yet runs in the workspace folder. */
async function placeOf(session: string | null, store: WorkspaceStore): Promise<string> {
	if (session === null) {
		return store.folder;
	}
	try {
		return await folderOf((await store.open(session)).journal, store);
	} catch (error) {
		if (error instanceof HumanError && error.reason === "no-such-session") {
			return store.folder;
		}
		throw error;
	}
}

function isUsable({ id }: AgentModel): boolean {
	return id !== "" && id.length <= nameLimit;
}

function short({ id, name, description }: AgentModel): AgentModel {
	return {
		id,
		name: name.slice(0, nameLimit) || id,
		description: description?.slice(0, descriptionLimit) || null,
	};
}
