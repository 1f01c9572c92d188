import type { AgentSpec } from "../../protocol/daemon.ts";
import { type AgentHealth, AgentProcess, type AgentSupport, childIdOf } from "./agentProcess.ts";

/** The agents of one daemon, one process for each specification. */
export class Agents {
	private readonly support: AgentSupport;
	private readonly agents = new Map<string, AgentProcess>();

	constructor(support: AgentSupport) {
		this.support = support;
	}

	of(spec: AgentSpec): AgentProcess {
		const id = childIdOf(spec);
		let agent = this.agents.get(id);
		if (!agent) {
			agent = new AgentProcess(spec, this.support);
			this.agents.set(id, agent);
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

	async end(): Promise<void> {
		await Promise.all([...this.agents.values()].map((agent) => agent.end()));
	}
}
