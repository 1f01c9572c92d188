import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { Checkpoints } from "../../core/checkpoints/checkpoints.ts";
import {
	type ChainCheckpoint,
	chainCheckpoints,
	nearestCheckpoint,
} from "../../core/checkpoints/nearest.ts";
import { CheckpointState } from "../../core/model/checkpointState.ts";
import type { ItemRow, Transcript } from "../../core/transcript/transcript.ts";
import type { CommandContext } from "../commands/context.ts";
import { firstWords } from "../commands/itemWords.ts";
import type { Choice } from "../prompts.ts";
import { plainText } from "../search/snippetText.ts";
import type { SessionRow } from "../sessions/sessionList.ts";
import { readSetting } from "../settings.ts";
import { isUnwritten } from "../transcript/untitledSessions.ts";

/** A session of ours and the states of its folder's files that were kept of its turns, inherited ones included. */
export class SessionStates {
	readonly row: SessionRow;
	readonly folder: string;
	readonly transcript: Transcript;
	readonly checkpoints: Checkpoints;
	/** Oldest first. */
	readonly chain: readonly ChainCheckpoint[];
	/** Of the session itself. */
	readonly own: CheckpointState;

	private constructor(
		context: CommandContext,
		row: SessionRow,
		transcript: Transcript,
		states: ReadonlyMap<string, CheckpointState>,
		own: CheckpointState,
	) {
		this.row = row;
		this.folder = row.folder ?? "";
		this.transcript = transcript;
		this.checkpoints = context.checkpoints.of(this.folder);
		this.own = own;
		this.chain = chainCheckpoints(transcript.rows, ({ inheritedFrom }) =>
			inheritedFrom === undefined ? own : states.get(inheritedFrom),
		);
	}

	/** Throws a HumanError where there can be none: no git, no repository. */
	static async read(context: CommandContext, row: SessionRow): Promise<SessionStates> {
		const store = context.stores.reading(row.folder ?? "");
		const transcript = await context.reader.open(row);
		const states = new Map<string, CheckpointState>();
		for (const each of transcript.rows) {
			const from = each.kind === "item" ? each.inheritedFrom : undefined;
			if (from !== undefined && !states.has(from)) {
				states.set(from, (await store.open(from)).state.checkpoints);
			}
		}
		const own = isUnwritten(row.summary)
			? new CheckpointState()
			: (await store.open(row.summary.id)).state.checkpoints;
		const found = new SessionStates(context, row, transcript, states, own);
		await found.checkpoints.open();
		return found;
	}

	/** The item's row. Throws a HumanError (`no-such-item`). */
	rowOf(item: string): ItemRow {
		const row = this.transcript.rows.find(({ id }) => id === item);
		if (row?.kind !== "item") {
			throw new HumanError(
				"no-such-item",
				vscode.l10n.t("This item is not in the session any more. Nothing was changed."),
			);
		}
		return row;
	}

	/** The state nearest to an item. Throws a HumanError (`no-checkpoint`) when there is none at all. */
	nearest(item: string): ChainCheckpoint {
		const nearest = nearestCheckpoint(this.rowOf(item), this.chain);
		if (!nearest) {
			throw this.none();
		}
		return nearest;
	}

	/** The first words of the prompt of a turn. */
	async promptOf(turn: string): Promise<string> {
		const rows = this.transcript.rows;
		const index = rows.findIndex(
			(row) => row.kind === "item" && row.turn === turn && row.type === "userMessage",
		);
		const [item] = index < 0 ? [] : await this.transcript.items(index, index + 1);
		return firstWords(item);
	}

	/** A state in words that go on a sentence: `before "Fix it"`. */
	async inWords({ turn, moment }: ChainCheckpoint): Promise<string> {
		const prompt = await this.promptOf(turn);
		return moment === "start"
			? vscode.l10n.t('before "{0}"', prompt)
			: vscode.l10n.t('after "{0}"', prompt);
	}

	/** All states to choose from, the newest first. */
	async choices(): Promise<Choice<ChainCheckpoint>[]> {
		if (this.chain.length === 0) {
			throw this.none();
		}
		const choices: Choice<ChainCheckpoint>[] = [];
		for (const each of this.chain) {
			const icon = each.moment === "start" ? "debug-step-over" : "check";
			choices.unshift({
				label: `$(${icon}) ${plainText(capitalised(await this.inWords(each)))}`,
				description: new Date(each.taken.time).toLocaleString(vscode.env.language),
				value: each,
			});
		}
		return choices;
	}

	/** Why there is no checkpoint. */
	none(): HumanError {
		return new HumanError("no-checkpoint", this.whyNone());
	}

	private whyNone(): string {
		if (this.own.failure) {
			return this.own.failure.message;
		}
		return readSetting("skein.checkpoints", this.folder)
			? vscode.l10n.t(
					"No checkpoint was taken here. One is taken at the start and the end of every turn that an agent runs in this folder from Skein.",
				)
			: vscode.l10n.t(
					"No checkpoint was taken here: checkpoints are turned off by the setting skein.checkpoints.",
				);
	}
}

function capitalised(words: string): string {
	return words.charAt(0).toLocaleUpperCase(vscode.env.language) + words.slice(1);
}
