import { lstat, readdir } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { errorSentence, HumanError, systemErrorCode } from "../../base/errors.ts";
import {
	addWorktree,
	discardWorktree,
	type WorktreeOptions,
} from "../../core/checkpoints/worktrees.ts";
import { carrySession } from "../../core/export/carry.ts";
import type { Session } from "../../core/store/session.ts";
import { SessionStates } from "../checkpoints/sessionStates.ts";
import { requireTrust } from "../stores.ts";
import { chooseItem } from "./branches.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { ownOnly } from "./targets.ts";

/** Going another way in a folder of its own: the session and the files as they were, side by side with what goes on here. */
export function worktreeCommands(context: CommandContext): Handlers<"forkIntoWorktree"> {
	const { l10n } = vscode;
	return {
		async forkIntoWorktree(...args) {
			requireTrust();
			const title = l10n.t("Fork into Worktree");
			const row = await context.targets.one(args, title, ownOnly());
			const states = await SessionStates.read(context, row);
			if (states.chain.length === 0) {
				throw states.none();
			}
			const item =
				context.targets.item(args) ??
				(await chooseItem(context, row, title, l10n.t("Fork up to and including…")));
			const at = states.nearest(item);
			await context.stores.reading(states.folder).checkFork(row.summary.id, item);
			const options = await ask(context, states, title, await states.inWords(at));
			const session = await vscode.window.withProgress(
				{ location: vscode.ProgressLocation.Notification, title: l10n.t("Making the worktree…") },
				() => fork(context, states, item, at.taken.commit, options),
			);
			await context.prompts.openWindow(vscode.Uri.file(session.folder));
			return session.id;
		},
	};
}

/** Makes the worktree, then the fork in its store; when that fails the worktree goes again. */
async function fork(
	context: CommandContext,
	states: SessionStates,
	item: string,
	commit: string,
	options: WorktreeOptions,
): Promise<{ id: string; folder: string }> {
	const { checkpoints, folder, row } = states;
	const from = await checkpoints.read(commit);
	const made = path.normalize(await addWorktree(checkpoints, from, options));
	const there = context.stores.writing(made.replace(/[\\/]$/, ""));
	let session: Session;
	try {
		const missing = (sentence: string) => context.log.warn(sentence);
		await carrySession(context.stores.reading(folder), row.summary.id, there, missing);
		session = await there.fork(row.summary.id, item);
	} catch (error) {
		await discardWorktree(checkpoints, from, options);
		throw new HumanError(
			"not-forked",
			vscode.l10n.t(
				"The session could not be forked into {0}, so the worktree was removed again. {1}",
				options.folder,
				errorSentence(error),
			),
			{ cause: error },
		);
	}
	await there.close();
	return { id: session.id, folder: there.folder };
}

async function ask(
	context: CommandContext,
	states: SessionStates,
	title: string,
	words: string,
): Promise<WorktreeOptions> {
	const { l10n } = vscode;
	const slug = slugOf(states.row.summary.title);
	const kind = await context.prompts.pick(
		[
			{
				label: l10n.t("New Branch…"),
				description: l10n.t("at the commit of that time"),
				value: "branch" as const,
			},
			{
				label: l10n.t("Detached HEAD"),
				description: l10n.t("to look or to try; a branch can be made later"),
				value: "detached" as const,
			},
		],
		{ title, placeholder: l10n.t("The files come as they were {0}", words) },
	);
	const branch = kind === "branch" ? await askBranch(context, title, slug) : undefined;
	const { top } = await states.checkpoints.open();
	const folder =
		kind &&
		(await context.prompts.input({
			title,
			prompt: l10n.t("Folder of the worktree"),
			value: await freeFolder(`${top}.worktrees`, branch?.replaceAll("/", "-") ?? slug),
			check: (text) =>
				path.isAbsolute(text.trim()) ? undefined : l10n.t("An absolute path is needed."),
		}));
	if (folder === undefined) {
		throw new vscode.CancellationError();
	}
	return { folder: path.normalize(folder.trim()), ...(branch === undefined ? {} : { branch }) };
}

async function askBranch(context: CommandContext, title: string, slug: string): Promise<string> {
	const { l10n } = vscode;
	const branch = await context.prompts.input({
		title,
		prompt: l10n.t("Name of the new branch"),
		value: slug,
		check: (text) => (text.trim() ? undefined : l10n.t("A branch needs a name.")),
	});
	if (branch === undefined) {
		throw new vscode.CancellationError();
	}
	return branch.trim();
}

/** A title as the name of a branch and a folder. */
function slugOf(title: string): string {
	const words = title
		.toLowerCase()
		.replace(/[^\p{L}\p{N}]+/gu, "-")
		.slice(0, 40)
		.replace(/^-+|-+$/g, "");
	return words || "session";
}

/** A folder of that name that is not there yet, or is empty. */
async function freeFolder(root: string, name: string): Promise<string> {
	for (let count = 1; ; count++) {
		const folder = path.join(root, count === 1 ? name : `${name}-${count}`);
		if (await isFree(folder)) {
			return folder;
		}
	}
}

async function isFree(folder: string): Promise<boolean> {
	try {
		return (await lstat(folder)).isDirectory() && (await readdir(folder)).length === 0;
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return true;
		}
		throw error;
	}
}
