import type { SessionConfigOption, SessionConfigSelectOption } from "@agentclientprotocol/sdk";
import type { OfferedModels } from "../../../protocol/daemon.ts";

type Select = Extract<SessionConfigOption, { type: "select" }>;

/** The option of a session that chooses the model, where the agent has one. */
export function modelOption(options: readonly SessionConfigOption[]): Select | undefined {
	return options.find(
		(option): option is Select => option.category === "model" && option.type === "select",
	);
}

/** The models among what a new session lets one choose. */
export function offeredModels(options: readonly SessionConfigOption[]): OfferedModels {
	const option = modelOption(options);
	if (!option) {
		return { models: [], default: null };
	}
	const values = option.options.flatMap((each): SessionConfigSelectOption[] =>
		"group" in each ? each.options : [each],
	);
	return {
		models: values.map(({ value, name, description }) => ({
			id: value,
			name,
			description: description ?? null,
		})),
		default: option.currentValue,
	};
}
