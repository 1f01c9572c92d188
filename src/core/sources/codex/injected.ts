/**
 * User-role messages that Codex writes itself (formats: Codex 1.5): the beginning of the text, and the label under which
 * the transcript shows them.
 */
const injected: readonly (readonly [start: string, label: string])[] = [
	["<environment_context>", "Environment"],
	["<user_instructions>", "Instructions"],
	["<INSTRUCTIONS>", "Instructions"],
	["# AGENTS.md instructions", "AGENTS.md"],
	["<permissions instructions>", "Permissions"],
	["<turn_aborted>", "Turn interrupted"],
	["<user_shell_command>", "Shell command by the user"],
	["<skill>", "Skill"],
	["<skills_instructions>", "Skills"],
	["<recommended_plugins>", "Recommended plugins"],
	["<subagent_notification>", "Sub-agent notification"],
	["<hook_prompt", "Hook"],
	["<goal_context>", "Goal"],
	["<codex_internal_context", "Codex context"],
	["<collaboration_mode>", "Collaboration mode"],
	["## Prior conversation with Codex", "Prior conversation"],
	["Warning: apply_patch was requested via", "Warning to the model"],
	["Warning: The maximum number of unified exec processes", "Warning to the model"],
];

/** The label of a user-role text that is not the user's; undefined when it is the user's. */
export function injectedLabel(text: string): string | undefined {
	const start = text.trimStart();
	return injected.find(([mark]) => start.startsWith(mark))?.[1];
}

const request = "## My request for Codex:";
const template = /## User Input\s*```(?:text)?\n([\s\S]*?)```/;

/** The part of a prompt that the user wrote, without what an editor or a template put around it. */
export function ownWords(prompt: string): string {
	const at = prompt.lastIndexOf(request);
	const after = at === -1 ? "" : prompt.slice(at + request.length).trim();
	const filled = template.exec(prompt)?.[1]?.trim();
	return after || filled || prompt.trim();
}

/** A title from a prompt: the first line of the user's own words, at most 80 characters; "" when there is none. */
export function titleFrom(prompt: string): string {
	const lines = ownWords(prompt)
		.split("\n")
		.map((each) => each.trim())
		.filter(
			(each) =>
				/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(each) && !each.startsWith("<image name="),
		);
	// A heading or a fence is a title only when there is nothing better.
	const line = lines.find((each) => !/^(#|```|\*\*|You \*\*MUST)/.test(each)) ?? lines[0] ?? "";
	const plain = line.replace(/\s+/g, " ").slice(0, 2000);
	if (plain.length <= titleLength) {
		return plain;
	}
	if (/^[ -~]{81}/.test(plain)) {
		// One sign a character there, which is nearly always so and spares a tenth of a millisecond.
		return `${plain.slice(0, titleLength - 1)}…`;
	}
	const signs: string[] = [];
	for (const { segment } of graphemes.segment(plain)) {
		if (signs.push(segment) > titleLength) {
			return `${signs.slice(0, titleLength - 1).join("")}…`;
		}
	}
	return plain;
}

const titleLength = 80;
const graphemes = new Intl.Segmenter();
