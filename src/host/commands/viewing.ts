import * as vscode from "vscode";
import type { GroupBy, SortBy } from "../contributions.ts";
import type { Choice } from "../prompts.ts";
import { plainText } from "../search/snippetText.ts";
import type { SessionFilter } from "../sessions/filter.ts";
import { agentOf, noFilter } from "../sessions/filter.ts";
import { readSetting, writeSetting } from "../settings.ts";
import { groupedAgentLabel } from "../views/groupedAgentLabel.ts";
import type { CommandContext, Handlers } from "./context.ts";

type Toggle =
	| { readonly kind: "agent"; readonly agent: string }
	| { readonly kind: "tag"; readonly tag: string }
	| { readonly kind: "pinned" }
	| { readonly kind: "withWarnings" };

/** How the lists are shown. */
export function viewingCommands(
	context: CommandContext,
): Handlers<"refresh" | "groupBy" | "sortBy" | "filter" | "clearFilter" | "showLog"> {
	const { l10n } = vscode;
	const groupLabels: Record<GroupBy, string> = {
		date: l10n.t("Date"),
		agent: l10n.t("Agent"),
		lineage: l10n.t("Lineage"),
		none: l10n.t("None"),
	};
	const groupDetails: Partial<Record<GroupBy, string>> = {
		lineage: l10n.t("Forks and sub-agents below the session they come from"),
	};
	const sortLabels: Record<SortBy, string> = {
		updated: l10n.t("Last updated"),
		created: l10n.t("Created"),
		title: l10n.t("Title"),
	};

	return {
		async refresh() {
			await context.views.withProgress("sessions", () => context.catalogue.refresh());
			await context.views.draw();
			context.editors.refreshAll();
		},

		async groupBy() {
			const chosen = await context.prompts.pick(
				choices(groupLabels, readSetting("skein.sessions.groupBy"), groupDetails),
				{ title: l10n.t("Group Sessions By"), active: readSetting("skein.sessions.groupBy") },
			);
			if (chosen) {
				await writeSetting("skein.sessions.groupBy", chosen);
			}
		},

		async sortBy() {
			const chosen = await context.prompts.pick(
				choices(sortLabels, readSetting("skein.sessions.sortBy")),
				{ title: l10n.t("Sort Sessions By"), active: readSetting("skein.sessions.sortBy") },
			);
			if (chosen) {
				await writeSetting("skein.sessions.sortBy", chosen);
			}
		},

		async filter() {
			const before = context.views.filter;
			const result = await context.prompts.filter<Toggle>({
				title: l10n.t("Filter Sessions"),
				placeholder: l10n.t("Words in the title, tags, branch, folder or model"),
				text: before.text,
				choices: toggles(context, before),
				onChange: (text, chosen) => {
					void context.views.setFilter(toFilter(text, chosen));
				},
			});
			await context.views.setFilter(result ? toFilter(result.text, result.chosen) : before);
		},

		async clearFilter() {
			await context.views.setFilter(noFilter);
		},

		async showLog() {
			context.log.show();
		},
	};
}

function choices<T extends string>(
	labels: Record<T, string>,
	current: T,
	details: Partial<Record<T, string>> = {},
): Choice<T>[] {
	const values = Object.keys(labels) as T[];
	return values.map((value) => ({
		label: labels[value],
		value,
		...(value === current ? { description: vscode.l10n.t("current") } : {}),
		...(details[value] ? { detail: details[value] } : {}),
	}));
}

function toggles(context: CommandContext, filter: SessionFilter): Choice<Toggle>[] {
	const { l10n } = vscode;
	const rows = context.list.rows.map((row) => row.summary);
	const unique = (values: Iterable<string>) => [...new Set(values)].sort();
	return [
		{
			label: l10n.t("$(pinned) Pinned"),
			value: { kind: "pinned" },
			picked: filter.pinned,
		},
		{
			label: l10n.t("$(warning) With warnings"),
			value: { kind: "withWarnings" },
			picked: filter.withWarnings,
		},
		...unique(rows.map(agentOf)).map(
			(agent): Choice<Toggle> => ({
				label: groupedAgentLabel(agent),
				description: l10n.t("agent"),
				value: { kind: "agent", agent },
				picked: filter.agents.includes(agent),
			}),
		),
		...unique(rows.flatMap((row) => row.tags)).map(
			(tag): Choice<Toggle> => ({
				label: `#${plainText(tag)}`,
				description: l10n.t("tag"),
				value: { kind: "tag", tag },
				picked: filter.tags.includes(tag),
			}),
		),
	];
}

function toFilter(text: string, chosen: readonly Toggle[]): SessionFilter {
	return {
		text,
		agents: chosen.flatMap((toggle) => (toggle.kind === "agent" ? [toggle.agent] : [])),
		tags: chosen.flatMap((toggle) => (toggle.kind === "tag" ? [toggle.tag] : [])),
		pinned: chosen.some((toggle) => toggle.kind === "pinned"),
		withWarnings: chosen.some((toggle) => toggle.kind === "withWarnings"),
	};
}
