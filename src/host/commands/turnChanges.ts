import * as vscode from "vscode";
import type { Checkpoint } from "../../core/checkpoints/checkpoints.ts";
import type { ChainCheckpoint } from "../../core/checkpoints/nearest.ts";
import { leftOutWords } from "../checkpoints/leftOutWords.ts";
import { SessionStates } from "../checkpoints/sessionStates.ts";
import { plainText } from "../search/snippetText.ts";
import { requireTrust } from "../stores.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { ownOnly } from "./targets.ts";

/** What a turn did to the files, from the checkpoints at its start and its end. */
export function turnChangesCommands(context: CommandContext): Handlers<"showTurnChanges"> {
	const { l10n } = vscode;
	return {
		async showTurnChanges(...args) {
			requireTrust();
			const title = l10n.t("Show Turn's Changes");
			const row = await context.targets.one(args, title, ownOnly());
			const states = await SessionStates.read(context, row);
			const item = context.targets.item(args);
			const turn = item ? states.rowOf(item).turn : await chooseTurn(context, states, title);
			const start = states.chain.find((each) => each.turn === turn && each.moment === "start");
			if (!start) {
				throw states.none();
			}
			const from = await states.checkpoints.read(start.taken.commit);
			const next = after(states, start);
			const to = await (next
				? states.checkpoints.read(next.taken.commit)
				: states.checkpoints.take());
			await show(context, states, { start, from, to, isOver: next !== undefined });
		},
	};
}

/** The state that a turn left: its end, else (when it was cut short) the start of the next one. */
function after(states: SessionStates, start: ChainCheckpoint): ChainCheckpoint | undefined {
	return states.chain[states.chain.indexOf(start) + 1];
}

interface Shown {
	readonly start: ChainCheckpoint;
	readonly from: Checkpoint;
	readonly to: Checkpoint;
	/** False: it is compared with the files as they are now. */
	readonly isOver: boolean;
}

async function show(
	context: CommandContext,
	states: SessionStates,
	{ start, from, to, isOver }: Shown,
): Promise<void> {
	const { l10n } = vscode;
	const prompt = await states.promptOf(start.turn);
	const { changes, leftOut } = await states.checkpoints.compare(from, to);
	const notKept = leftOutWords(leftOut);
	if (changes.length > 0) {
		const title = isOver
			? l10n.t('Changes of "{0}"', prompt)
			: l10n.t('Changes of "{0}" so far', prompt);
		await context.checkpoints.showChanges(title, states.folder, changes);
	}
	if (changes.length === 0 || notKept.length > 0) {
		const sentences = [
			...(changes.length === 0 ? [l10n.t('"{0}" changed no file.', prompt)] : []),
			...(notKept.length > 0 ? [l10n.t("Not in its checkpoints:"), ...notKept] : []),
		];
		void context.prompts.notify("info", sentences.join(" "), []);
	}
}

async function chooseTurn(
	context: CommandContext,
	states: SessionStates,
	title: string,
): Promise<string> {
	const starts = states.chain.filter((each) => each.moment === "start");
	const [only, ...others] = starts;
	if (!only) {
		throw states.none();
	}
	if (others.length === 0) {
		return only.turn;
	}
	const choices: { label: string; description: string; value: string }[] = [];
	for (const { turn, taken } of starts) {
		choices.unshift({
			label: plainText(await states.promptOf(turn)),
			description: new Date(taken.time).toLocaleString(vscode.env.language),
			value: turn,
		});
	}
	const placeholder = vscode.l10n.t("Choose the prompt whose changes to show");
	const turn = await context.prompts.pick(choices, { title, placeholder });
	if (turn === undefined) {
		throw new vscode.CancellationError();
	}
	return turn;
}
