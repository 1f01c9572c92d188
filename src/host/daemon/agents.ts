import type { AgentSpec } from "../../protocol/daemon.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { readSetting } from "../settings.ts";

/** An agent that a person can give a prompt to. */
export interface AgentChoice {
	/** As sessions store it. */
	readonly id: string;
	readonly label: string;
	readonly driver: "codex" | "acp";
	readonly spec: AgentSpec;
}

/** An agent that speaks the Agent Client Protocol, as `skein.agents` names it. */
export interface AgentSetting {
	readonly command: string;
	readonly args: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
}

const codex = "codex";
const nameLength = 64;

/**
 * The agents of the settings: Codex, then those of `skein.agents` in their order. VS Code itself leaves out what a
 * workspace sets before it is trusted; entries that are no agent are left out here. `folder`: the open one they are to
 * work in.
 */
export function configuredAgents(folder?: string | null): readonly AgentChoice[] {
	const choices = [
		choice("codex", {
			agent: codex,
			driver: "codex",
			command: readSetting("skein.codex.path", folder) || "codex",
			args: ["app-server"],
		}),
	];
	for (const [agent, setting] of Object.entries(readSetting("skein.agents", folder))) {
		if (isAgentSetting(setting) && agent && agent.length <= nameLength && agent !== codex) {
			const { command, args, env } = setting;
			const spec: AgentSpec = { agent, driver: "acp", command, args: [...args] };
			choices.push(choice("acp", env ? { ...spec, env: { ...env } } : spec));
		}
	}
	return choices;
}

function choice(driver: AgentChoice["driver"], spec: AgentSpec): AgentChoice {
	return { id: spec.agent, label: agentLabel(spec.agent), driver, spec };
}

function isAgentSetting(value: unknown): value is AgentSetting {
	if (typeof value !== "object" || value === null) {
		return false;
	}
	const { command, args, env } = value as Record<string, unknown>;
	return (
		typeof command === "string" &&
		command !== "" &&
		Array.isArray(args) &&
		args.every((each) => typeof each === "string") &&
		(env === undefined ||
			(typeof env === "object" &&
				env !== null &&
				Object.values(env).every((each) => typeof each === "string")))
	);
}
