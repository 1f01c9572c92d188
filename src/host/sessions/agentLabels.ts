const labels: Readonly<Record<string, string>> = {
	codex: "Codex",
	claude: "Claude Code",
	opencode: "OpenCode",
	gemini: "Gemini CLI",
	copilot: "Copilot",
	cline: "Cline",
	roo: "Roo Code",
	aider: "Aider",
};

/** An agent's name as its makers write it; as it stands when we do not know it. */
export function agentLabel(agent: string | null): string {
	return agent === null ? "" : (labels[agent] ?? agent);
}
