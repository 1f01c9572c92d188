import type { AgentSpec } from "../../protocol/daemon.ts";
import { type AgentHealth, AgentProcess, type AgentSupport, childIdOf } from "./agentProcess.ts";

/** The agents of one daemon, one process for each specification. */
export class Agents {
	private readonly support: AgentSupport;
	private readonly agents = new Map<string, AgentProcess>();
	/** The one that was last asked for, by the agent's name. */
	private readonly lastUsed = new Map<string, AgentProcess>();
	private closed = false;

	constructor(support: AgentSupport) {
		this.support = support;
	}

	of(spec: AgentSpec): AgentProcess {
		const id = childIdOf(spec);
		let agent = this.agents.get(id);
		if (!agent) {
			agent = new AgentProcess(spec, this.support);
			this.agents.set(id, agent);
			if (this.closed) {
				void agent.close();
			}
		}
		this.lastUsed.set(spec.agent, agent);
		return agent;
	}

	/** The worst of all. One that was given up on does not count once its agent is run by another specification. */
	get health(): AgentHealth {
		const failed = [...this.lastUsed.values()].find(({ health }) => health.kind === "failed");
		const restarting = [...this.agents.values()].find(({ health }) => health.kind === "restarting");
		return (failed ?? restarting)?.health ?? { kind: "well" };
	}

	/** Ends them all, and starts none any more. */
	async close(): Promise<void> {
		this.closed = true;
		await Promise.all([...this.agents.values()].map((agent) => agent.close()));
	}
}
