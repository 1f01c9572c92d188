import { HumanError } from "../../../base/errors.ts";
import type { AgentModel, OfferedModels } from "../../../protocol/daemon.ts";
import { CodexError, type CodexPeer } from "./peer.ts";
import { ConfigAnswer, ModelPage } from "./schema.ts";

/** Pages that are asked for; each has as many models as Codex likes. */
const pageLimit = 50;

/** The models that Codex shows in its own picker, and the one that it is set to in a folder. */
export async function offeredModels(peer: CodexPeer, cwd: string): Promise<OfferedModels> {
	const models: AgentModel[] = [];
	let latest: string | null = null;
	let cursor: string | null = null;
	for (let page = 0; page < pageLimit; page++) {
		const answer = await peer.call("model/list", cursor === null ? {} : { cursor });
		const parsed = ModelPage.safeParse(answer);
		if (!parsed.success) {
			const sentence = "Codex told its models in a way that Skein does not understand.";
			throw new HumanError("agent-refused", sentence);
		}
		for (const { model: id, displayName: name, description, isDefault } of parsed.data.data) {
			models.push({ id, name, description: description ?? null });
			latest = isDefault ? id : latest;
		}
		cursor = parsed.data.nextCursor ?? null;
		if (cursor === null) {
			break;
		}
	}
	return { models, default: (await configuredModel(peer, cwd)) ?? latest };
}

async function configuredModel(peer: CodexPeer, cwd: string): Promise<string | undefined> {
	try {
		const answer = ConfigAnswer.safeParse(await peer.call("config/read", { cwd }));
		return answer.data?.config.model ?? undefined;
	} catch (error) {
		// A configuration that cannot be read keeps nobody from choosing.
		if (error instanceof CodexError) {
			return undefined;
		}
		throw error;
	}
}
