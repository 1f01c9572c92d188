import type { AgentSpec } from "../../protocol/daemon.ts";
import { type AgentHealth, AgentProcess, type AgentSupport, childIdOf } from "./agentProcess.ts";

/** The agents of one daemon, one process for each specification. */
export class Agents {
	private readonly support: AgentSupport;
	private readonly agents = new Map<string, AgentProcess>();
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
		return agent;
	}

	/** The worst of all. */
	get health(): AgentHealth {
		const all = [...this.agents.values()].map((agent) => agent.health);
		return (
			all.find((health) => health.kind === "failed") ??
			all.find((health) => health.kind === "restarting") ?? { kind: "well" }
		);
	}

	/** Ends them all, and starts none any more. */
	async close(): Promise<void> {
		this.closed = true;
		await Promise.all([...this.agents.values()].map((agent) => agent.close()));
	}
}
