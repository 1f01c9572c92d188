import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { Approval, RunRecord } from "../../protocol/daemon.ts";
import type { FolderDaemon } from "../daemon/daemons.ts";
import { plainText } from "../search/snippetText.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { requireTrust } from "../stores.ts";
import { isLive } from "../views/runsNodes.ts";
import { firstLine, inOneLine } from "../wrappedLines.ts";
import { answer, closedSentence, lineLength } from "./answering.ts";
import type { CommandContext, Handlers } from "./context.ts";

interface RunTarget {
	readonly daemon: FolderDaemon;
	readonly run: RunRecord;
}

/** What to ask when it is not clear which run is meant. */
interface RunQuestion {
	readonly title: string;
	/** The sentence for when there is none. */
	readonly none: string;
	readonly fits: (run: RunRecord) => boolean;
}

/** Commands on runs: their questions, their end, their transcript. */
export function runCommands(
	context: CommandContext,
): Handlers<"answerApproval" | "stopRun" | "openRun"> {
	const { l10n } = vscode;
	return {
		async answerApproval(...args) {
			requireTrust();
			const { daemon, approval } = await chooseApproval(context, args);
			await answer(context, daemon, approval);
		},

		async stopRun(...args) {
			requireTrust();
			const title = l10n.t("Stop Run");
			const none = l10n.t("No agent is at work, so nothing was stopped.");
			const { daemon, run } = await chooseRun(context, args, { title, none, fits: isLive });
			const client = await daemon.connect();
			try {
				await client.call("interrupt", { session: run.session });
			} catch (error) {
				if (error instanceof HumanError && error.reason === "not-running") {
					context.prompts.tell(l10n.t("The run has ended already."));
					return;
				}
				throw error;
			}
		},

		async openRun(...args) {
			requireTrust();
			const approval = approvalIn(context, args[0]);
			const title = l10n.t("Open Run");
			const none = l10n.t("No agent has run in the open folders yet.");
			const { daemon, run } = await chooseRun(context, args, { title, none, fits: () => true });
			const row = await context.reader.find(run.session, daemon.folder);
			const item = approval?.approval.item;
			await context.editors.show(row.summary, item ? { item } : {});
		},
	};
}

/** The run a command was given, the one of the transcript in front, the only one, or the one the person chooses. */
async function chooseRun(
	context: CommandContext,
	args: readonly unknown[],
	{ title, none, fits }: RunQuestion,
): Promise<RunTarget> {
	const { t } = vscode.l10n;
	const all = context.daemons.all.flatMap((daemon) => daemon.runs.map((run) => ({ daemon, run })));
	const given = args[0] === undefined ? undefined : runGiven(context, all, args[0]);
	if (given) {
		return given;
	}
	const fitting = all.filter(({ run }) => fits(run));
	const inFront = context.editors.active?.session?.id;
	const [only, ...others] = fitting;
	if (!only) {
		throw new HumanError("no-run", none);
	}
	const front = fitting.find(({ run }) => run.session === inFront);
	if (front || others.length === 0) {
		return front ?? only;
	}
	const chosen = await context.prompts.pick(
		await Promise.all(
			fitting.map(async (target) => ({
				label: plainText(await sessionTitle(context, target.run.session, target.daemon.folder)),
				description: agentLabel(target.run.agent),
				value: target,
			})),
		),
		{ title, placeholder: t("Choose a run") },
	);
	if (!chosen) {
		throw new vscode.CancellationError();
	}
	return chosen;
}

function runGiven(
	context: CommandContext,
	all: readonly RunTarget[],
	given: unknown,
): RunTarget | undefined {
	const approval = approvalIn(context, given)?.approval;
	const id = approval?.run ?? (kindOf(given) === "run" ? idOf(given) : undefined);
	const session = sessionIn(given);
	const found = all.find(({ run }) =>
		session === undefined ? run.id === id : run.session === session && isLive(run),
	);
	if (!found && (id !== undefined || session !== undefined)) {
		throw new HumanError("no-run", vscode.l10n.t("This run is not known any more."));
	}
	return found;
}

/** The question a command was given, the only one, or the one the person chooses. */
async function chooseApproval(
	context: CommandContext,
	args: readonly unknown[],
): Promise<{ daemon: FolderDaemon; approval: Approval }> {
	const { t } = vscode.l10n;
	const given = approvalIn(context, args[0]);
	if (given) {
		return given;
	}
	const isNamed = kindOf(args[0]) === "approval" || typeof args[0] === "string";
	const run = kindOf(args[0]) === "run" ? idOf(args[0]) : undefined;
	const session = kindOf(args[0]) === "session" ? idOf(args[0]) : undefined;
	const open = openApprovals(context).filter(
		({ approval }) =>
			!isNamed &&
			(run === undefined || approval.run === run) &&
			(session === undefined || approval.session === session),
	);
	const [only, ...others] = open;
	if (!only) {
		throw new HumanError(
			"no-approval",
			isNamed || run !== undefined || session !== undefined
				? closedSentence()
				: t("No agent waits for an answer."),
		);
	}
	if (others.length === 0) {
		return only;
	}
	const chosen = await context.prompts.pick(
		await Promise.all(
			open.map(async (target) => ({
				label: firstLine(target.approval.title, lineLength),
				description: plainText(
					await sessionTitle(context, target.approval.session, target.daemon.folder),
				),
				detail: inOneLine(target.approval.reason ?? ""),
				value: target,
			})),
		),
		{ title: t("Answer"), placeholder: t("Choose a question") },
	);
	if (!chosen) {
		throw new vscode.CancellationError();
	}
	return chosen;
}

function openApprovals({ daemons }: CommandContext) {
	return daemons.all.flatMap((daemon) =>
		daemon.approvals.map((approval) => ({ daemon, approval })),
	);
}

/** An open question, named by its row or its id. */
function approvalIn(context: CommandContext, given: unknown) {
	const id = kindOf(given) === "approval" ? idOf(given) : given;
	return openApprovals(context).find(({ approval }) => approval.id === id);
}

/** What a session is called, listed or not; its id is nothing to be shown. */
export async function sessionTitle(
	{ list, reader }: CommandContext,
	session: string,
	folder: string,
): Promise<string> {
	const row =
		list.get(session, folder) ?? (await reader.find(session, folder).catch(() => undefined));
	return titleOf(row?.summary);
}

/** A session, named by its row or its id. */
function sessionIn(value: unknown): unknown {
	return kindOf(value) === "session" ? idOf(value) : typeof value === "string" ? value : undefined;
}

function kindOf(value: unknown): unknown {
	return property(value, "kind");
}

function idOf(value: unknown): unknown {
	return property(value, "id");
}

function property(value: unknown, name: string): unknown {
	return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
