import type { AgentSpec, OfferedModels } from "../../protocol/daemon.ts";
import { requireTrust } from "../stores.ts";
import type { Daemons } from "./daemons.ts";

/**
 * What models agents offer, as they tell it themselves.
 * Guarantees: asking starts the daemon and the agent, nothing else does; each agent is asked once for a folder, for as
 * long as the window lives; one that could not tell is asked again.
 */
export class AgentModels {
	private readonly daemons: Pick<Daemons, "of">;
	private readonly asked = new Map<string, Promise<OfferedModels>>();

	constructor(daemons: Pick<Daemons, "of">) {
		this.daemons = daemons;
	}

	/** `session` is one of the folder's that has a journal, or null. Throws a HumanError. */
	of(agent: AgentSpec, folder: string, session: string | null): Promise<OfferedModels> {
		const key = JSON.stringify([folder, agent]);
		let asked = this.asked.get(key);
		if (!asked) {
			asked = this.ask(agent, folder, session);
			this.asked.set(key, asked);
			asked.catch(() => this.asked.delete(key));
		}
		return asked;
	}

	private async ask(
		agent: AgentSpec,
		folder: string,
		session: string | null,
	): Promise<OfferedModels> {
		requireTrust();
		const client = await this.daemons.of(folder).connect();
		return client.call("models", { session, agent });
	}
}
