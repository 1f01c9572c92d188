import * as path from "node:path";
import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { ChangedFile } from "../../core/checkpoints/changes.ts";
import type { Checkpoint } from "../../core/checkpoints/checkpoints.ts";
import type { ChainCheckpoint } from "../../core/checkpoints/nearest.ts";
import { planRestore, type RestorePlan, restoreFiles } from "../../core/checkpoints/restore.ts";
import { leftOutWords, namesOf } from "../checkpoints/leftOutWords.ts";
import { SessionStates } from "../checkpoints/sessionStates.ts";
import { showError } from "../failures.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { requireTrust } from "../stores.ts";
import { isLive } from "../views/runsNodes.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { openForWriting } from "./lifecycle.ts";
import { sessionTitle } from "./runs.ts";
import { ownOnly } from "./targets.ts";

interface Wanted {
	readonly states: SessionStates;
	readonly target: Checkpoint;
	/** The state in words that go on a sentence. */
	readonly words: string;
	/** The restore that is taken back. */
	readonly undoes?: string;
}

/** Bringing the workspace's files to a state that was kept, and back. */
export function restoringCommands(
	context: CommandContext,
): Handlers<"restoreFilesToHere" | "undoRestoreFiles"> {
	const { l10n } = vscode;
	return {
		async restoreFilesToHere(...args) {
			requireTrust();
			const title = l10n.t("Restore Files to Here");
			const row = await context.targets.one(args, title, ownOnly());
			const states = await SessionStates.read(context, row);
			const item = context.targets.item(args);
			const at = item ? states.nearest(item) : await chooseState(context, states, title);
			const target = await states.checkpoints.read(at.taken.commit);
			await offer(context, { states, target, words: await states.inWords(at) });
		},

		async undoRestoreFiles(...args) {
			requireTrust();
			const row = await context.targets.one(args, l10n.t("Undo Restore of Files"), ownOnly());
			const states = await SessionStates.read(context, row);
			const last = states.own.undoable;
			if (!last) {
				throw new HumanError(
					"nothing-restored",
					l10n.t(
						'No files were restored in "{0}" that are not back already.',
						titleOf(row.summary),
					),
				);
			}
			const target = await states.checkpoints.read(last.safety);
			const words = l10n.t("before the last restore");
			await offer(context, { states, target, words, undoes: last.id });
		},
	};
}

async function chooseState(
	context: CommandContext,
	states: SessionStates,
	title: string,
): Promise<ChainCheckpoint> {
	const placeholder = vscode.l10n.t("Choose the state to bring the files back to");
	const chosen = await context.prompts.pick(await states.choices(), { title, placeholder });
	if (!chosen) {
		throw new vscode.CancellationError();
	}
	return chosen;
}

/** Says what a restore would change and does it when the person wants it. */
async function offer(context: CommandContext, wanted: Wanted): Promise<void> {
	const { l10n } = vscode;
	const { states, target, words } = wanted;
	await requireNoRun(context, states.folder);
	const plan = await planRestore(states.checkpoints, target);
	const { changes, untouched } = plan;
	if (changes.length === 0) {
		const same = l10n.t("The files are as they were {0}.", words);
		const sentences = [same, ...leftOutWords(untouched)];
		void context.prompts.notify("info", sentences.join(" "), []);
		return;
	}
	const [restoreNow, preview] = [l10n.t("Restore"), l10n.t("Preview Changes")];
	const question = l10n.t("Restore the files as they were {0}?", words);
	const detail = await describe(states, plan);
	const answer = await context.prompts.confirm(question, detail, [restoreNow, preview]);
	if (answer === restoreNow) {
		await restore(context, wanted);
	} else if (answer === preview) {
		const title = l10n.t("Restore: now and {0}", words);
		await context.checkpoints.showChanges(title, states.folder, changes);
		afterwards(context, context.prompts.notify("info", question, [restoreNow]), restoreNow, () =>
			restore(context, wanted),
		);
	}
}

async function describe(states: SessionStates, plan: RestorePlan): Promise<string> {
	const { l10n } = vscode;
	const of = (fits: (change: ChangedFile) => boolean) => plan.changes.filter(fits);
	const changed = of(({ before, after }) => before !== undefined && after !== undefined);
	const back = of(({ before }) => !before);
	const going = of(({ after }) => !after);
	const line = (files: readonly ChangedFile[], words: (count: number, names: string) => string) =>
		files.length === 0 ? [] : [words(files.length, namesOf(files.map((each) => each.path)))];
	const unsaved = await unsavedFiles(states, plan.changes);
	return [
		...line(changed, (count, names) => l10n.t("{0} changed back: {1}", count, names)),
		...line(back, (count, names) => l10n.t("{0} made again: {1}", count, names)),
		...line(going, (count, names) => l10n.t("{0} removed: {1}", count, names)),
		...(plan.untouched.length > 0
			? ["", l10n.t("Left as they are:"), ...leftOutWords(plan.untouched)]
			: []),
		...(unsaved.length > 0
			? [
					"",
					l10n.t(
						"Unsaved changes are saved first, so that Undo brings them back: {0}",
						namesOf(unsaved.map((each) => path.basename(each.uri.fsPath))),
					),
				]
			: []),
		"",
		l10n.t(
			"The files as they are now are kept, so that this can be undone. Ignored files, the index and HEAD are not touched.",
		),
	].join("\n");
}

/** Documents with unsaved changes in files that a restore would change. */
async function unsavedFiles(
	{ checkpoints, folder }: SessionStates,
	changes: readonly ChangedFile[],
): Promise<readonly (vscode.TextDocument | vscode.NotebookDocument)[]> {
	const { prefix } = await checkpoints.open();
	const files = new Set(changes.map((each) => path.join(folder, each.path.slice(prefix.length))));
	return [...vscode.workspace.textDocuments, ...vscode.workspace.notebookDocuments].filter(
		({ isDirty, uri }) => isDirty && uri.scheme === "file" && files.has(uri.fsPath),
	);
}

async function restore(
	context: CommandContext,
	{ states, target, words, undoes }: Wanted,
): Promise<void> {
	const { l10n } = vscode;
	const { checkpoints, row } = states;
	await requireNoRun(context, states.folder);
	const { changes } = await planRestore(checkpoints, target);
	for (const document of await unsavedFiles(states, changes)) {
		if (!(await document.save())) {
			throw new HumanError(
				"not-saved",
				l10n.t(
					"{0} has unsaved changes and could not be saved; it may have been changed on disk, too. Save or revert it first; no file was restored.",
					document.uri.fsPath,
				),
			);
		}
	}
	const session = await openForWriting(context, row);
	const id = (await session.idSource())();
	const place = { session: session.id, of: id, moment: "safety" } as const;
	const done = await restoreFiles(checkpoints, target, place, async ({ commit: safety }) => {
		const more = undoes === undefined ? {} : { undoes };
		await session.append([{ id, type: "files.restored", to: target.commit, safety, ...more }]);
	});
	const failed = done.untouched.filter((each) => each.why === "failed");
	const sentences = [
		done.changes.length === 1
			? l10n.t("Restored 1 file as it was {0}.", words)
			: l10n.t("Restored {0} files as they were {1}.", done.changes.length, words),
		...leftOutWords(failed),
	];
	const undo = l10n.t("Undo");
	const kind = failed.length > 0 ? "warning" : "info";
	const notice = context.prompts.notify(kind, sentences.join(" "), [undo]);
	afterwards(context, notice, undo, () =>
		restore(context, {
			states,
			target: done.safety,
			words: l10n.t("before the last restore"),
			undoes: id,
		}),
	);
}

/** Does what a notification offers. Not awaited by the command: it is over when its work is. */
function afterwards(
	context: CommandContext,
	notice: Promise<string | undefined>,
	wanted: string,
	work: () => Promise<void>,
): void {
	void notice.then(async (answer) => {
		if (answer === wanted) {
			await work().catch((error) => showError(error, context.log, context.prompts));
		}
	});
}

/** Throws when an agent is at work in the folder: it and a restore would undo each other's work. */
async function requireNoRun(context: CommandContext, folder: string): Promise<void> {
	const live = context.daemons.of(folder).runs.find(isLive);
	if (live) {
		const title = await sessionTitle(context, live.session, folder);
		throw new HumanError(
			"busy",
			vscode.l10n.t(
				'An agent works in this folder, on "{0}". Wait for it or stop it first; no file was changed.',
				title,
			),
		);
	}
}
