import * as vscode from "vscode";
import { errorSentence } from "../../base/errors.ts";
import type { OfferedModels } from "../../protocol/daemon.ts";
import type { Choice, Divider, Prompts } from "../prompts.ts";
import { inOneLine } from "../wrappedLines.ts";

export interface ModelQuestion {
	/** Label of the agent. */
	readonly agent: string;
	/** The one that is chosen now; undefined for the agent's own. */
	readonly model: string | undefined;
	/** Models of the agent's that sessions were answered by. */
	readonly seen: readonly string[];
	/** What the agent itself offers. May take long, and fail. */
	readonly ask: () => Promise<OfferedModels>;
}

type Row = Choice<string | symbol> | Divider;

const other = Symbol("other");
const again = Symbol("again");

/**
 * Lets the person choose a model: first among those that are known here, and as soon as the agent has told them, among
 * its own. Returns its id; empty for the agent's own choice, undefined when they dismiss.
 */
export async function pickModel(
	question: ModelQuestion,
	prompts: Prompts,
): Promise<string | undefined> {
	const { agent, model, seen, ask } = question;
	const { l10n } = vscode;
	let chosen: string | symbol | undefined;
	do {
		chosen = await prompts.pick<string | symbol>(knownRows(agent, seen), {
			title: l10n.t("Model"),
			placeholder: l10n.t("Choose the model that answers"),
			active: model ?? "",
			more: () =>
				ask().then(
					(offered) => offeredRows(agent, seen, offered),
					(error) => failedRows(agent, seen, errorSentence(error)),
				),
		});
	} while (chosen === again);
	if (typeof chosen !== "symbol") {
		return chosen;
	}
	const name = await prompts.input({
		title: l10n.t("Model"),
		prompt: l10n.t("The model's name as {0} knows it", agent),
		value: model ?? "",
	});
	return name?.trim();
}

function knownRows(agent: string, seen: readonly string[]): Row[] {
	return [ownRow(agent), ...seenRows(seen), divider(""), otherRow()];
}

function offeredRows(agent: string, seen: readonly string[], offered: OfferedModels): Row[] {
	const { l10n } = vscode;
	const { models } = offered;
	const ids = new Set(models.map(({ id }) => id));
	const byDefault = models.find(({ id }) => id === offered.default)?.name ?? offered.default;
	const rows = models.map(({ id, name, description }): Row => {
		const isDefault = id === offered.default;
		const shown = isSame(id, name) ? [] : [inOneLine(id)];
		return {
			label: inOneLine(name),
			description: [...shown, ...(isDefault ? [l10n.t("default")] : [])].join(" · "),
			...(description === null ? {} : { detail: inOneLine(description) }),
			value: id,
		};
	});
	return [
		ownRow(agent, byDefault ?? undefined),
		...(rows.length > 0 ? [divider(l10n.t("Offered by {0}", agent)), ...rows] : []),
		...seenRows(seen.filter((id) => !ids.has(id))),
		divider(rows.length > 0 ? "" : l10n.t("{0} does not tell which models it has", agent)),
		otherRow(),
	];
}

function failedRows(agent: string, seen: readonly string[], sentence: string): Row[] {
	const { l10n } = vscode;
	return [
		ownRow(agent),
		...seenRows(seen),
		divider(""),
		{
			label: l10n.t("$(warning) {0} did not tell its models", agent),
			description: l10n.t("ask again"),
			detail: inOneLine(sentence),
			alwaysShow: true,
			value: again,
		},
		otherRow(),
	];
}

function ownRow(agent: string, model?: string): Row {
	const { l10n } = vscode;
	return {
		label: l10n.t("Default model"),
		description:
			model === undefined
				? l10n.t("what {0} is set to", agent)
				: l10n.t("{0}, what {1} is set to", inOneLine(model), agent),
		value: "",
	};
}

function seenRows(seen: readonly string[]): Row[] {
	const rows = seen.map((id): Row => ({ label: inOneLine(id), value: id }));
	return rows.length > 0 ? [divider(vscode.l10n.t("Used in sessions")), ...rows] : [];
}

function otherRow(): Row {
	return { label: vscode.l10n.t("$(edit) Another model…"), alwaysShow: true, value: other };
}

function divider(label: string): Divider {
	return { label, kind: vscode.QuickPickItemKind.Separator };
}

/** Whether a name only spells the id in another way: "GPT-5.5" and "gpt-5.5". */
function isSame(id: string, name: string): boolean {
	const plain = (text: string) => text.toLowerCase().replaceAll(/[\s_-]+/g, "-");
	return plain(id) === plain(name);
}
