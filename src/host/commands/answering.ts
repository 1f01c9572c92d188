import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { errorSentence, HumanError } from "../../base/errors.ts";
import type { Approval } from "../../protocol/daemon.ts";
import type { FolderDaemon } from "../daemon/daemons.ts";
import type { Choice } from "../prompts.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { inOneLine, wrapped } from "../wrappedLines.ts";
import type { CommandContext } from "./context.ts";

type Option = Approval["options"][number];
type Question = Approval["questions"][number];

/** Lines of what is asked about that a quick pick shows; more are one click away. */
const linesShown = 12;
/** Of one such line. Characters. */
export const lineLength = 90;

/**
 * Asks the person a question of an agent's and gives the answer. The question goes by itself when it is answered
 * elsewhere meanwhile; that is said in a sentence.
 */
export async function answer(
	context: CommandContext,
	daemon: FolderDaemon,
	approval: Approval,
): Promise<void> {
	const { client } = daemon;
	const isOpen = () => daemon.approvals.some(({ id }) => id === approval.id);
	if (!client || !isOpen()) {
		// Whoever chose it may have taken their time.
		throw new HumanError("no-approval", closedSentence());
	}
	const store = new DisposableStore();
	const outcome = Promise.withResolvers<unknown>();
	const closing = store.add(new vscode.CancellationTokenSource());
	store.add(
		daemon.onEvent(({ type, detail }) => {
			if (type === "approval.answered" && detail?.["approval"] === approval.id) {
				outcome.resolve(detail["outcome"]);
			}
		}),
	);
	store.add(client.onClose(() => outcome.resolve("withdrawn")));
	store.add(
		daemon.onDidChange(() => {
			if (!isOpen()) {
				closing.cancel();
			}
		}),
	);
	try {
		const given = await ask(context, daemon, approval, closing.token);
		if (!isOpen()) {
			throw new HumanError("answered", goneSentence(await outcome.promise));
		}
		if (given) {
			await client.call("answer", { approval: approval.id, ...given });
		}
	} catch (error) {
		const isAnswered =
			error instanceof HumanError &&
			(error.reason === "answered" || error.reason === "no-such-approval");
		if (!isAnswered) {
			throw error;
		}
		void context.prompts.notify("info", error.message, []);
	} finally {
		store.dispose();
	}
}

/** When nobody here knows how the question ended. */
export function closedSentence(): string {
	return vscode.l10n.t(
		"This question is not open any more: it was answered in the meantime, or its run has ended.",
	);
}

function goneSentence(outcome: unknown): string {
	return outcome === "withdrawn"
		? vscode.l10n.t("This question is not open any more: its run has ended.")
		: vscode.l10n.t("This question was answered elsewhere.");
}

interface Given {
	readonly option: string;
	readonly answers?: Record<string, string[]>;
}

/** Undefined when the person dismissed it, or looks at the transcript instead. */
async function ask(
	context: CommandContext,
	daemon: FolderDaemon,
	approval: Approval,
	closeOn: vscode.CancellationToken,
): Promise<Given | undefined> {
	const { prompts } = context;
	const [first] = approval.options;
	const option = await prompts.pick<Option | "show">(
		choices(await subject(context, daemon, approval), approval),
		{
			title: questionTitle(daemon, approval),
			placeholder: inOneLine(approval.reason ?? "") || vscode.l10n.t("Choose an answer"),
			...(first && { active: first }),
			closeOn,
		},
	);
	if (option === "show") {
		await showQuestion(context, daemon, approval);
		return undefined;
	}
	if (!option) {
		return undefined;
	}
	if (!asksMore(option, approval)) {
		return { option: option.id };
	}
	const answers: Record<string, string[]> = {};
	for (const [index, question] of approval.questions.entries()) {
		const text = await askOne(context, question, index, approval.questions.length, closeOn);
		if (text === undefined) {
			return undefined;
		}
		answers[question.id] = [text];
	}
	return { option: option.id, answers };
}

/** Whether there is something to fill in when this is chosen. */
function asksMore({ kind }: Option, { questions }: Approval): boolean {
	return questions.length > 0 && (kind === "allowOnce" || kind === "allowAlways");
}

async function askOne(
	{ prompts }: CommandContext,
	question: Question,
	index: number,
	count: number,
	closeOn: vscode.CancellationToken,
): Promise<string | undefined> {
	const { t } = vscode.l10n;
	const header = inOneLine(question.header) || t("Question");
	const title = count > 1 ? t("{0} ({1} of {2})", header, index + 1, count) : header;
	if (question.options.length > 0) {
		const other = Symbol();
		const chosen = await prompts.pick<string | symbol>(
			[
				...question.options.map(({ label, description }) => ({
					label: inOneLine(label),
					detail: inOneLine(description),
					value: label,
				})),
				...(question.free ? [{ label: t("$(edit) Another answer…"), value: other }] : []),
			],
			{ title, placeholder: inOneLine(question.question), closeOn },
		);
		if (typeof chosen !== "symbol") {
			return chosen;
		}
	}
	return prompts.input({
		title,
		prompt: inOneLine(question.question),
		password: question.secret,
		stays: true,
		closeOn,
	});
}

/** What is asked about, whole, above the answers; choosing a line shows the question in its transcript. */
function choices(lines: readonly string[], approval: Approval): Choice<Option | "show">[] {
	const { t } = vscode.l10n;
	const separator = (label: string): Choice<"show"> => ({
		label,
		kind: vscode.QuickPickItemKind.Separator,
		value: "show",
	});
	const more = lines.length - linesShown;
	return [
		separator(kindWords(approval.kind)),
		...lines.slice(0, linesShown).map((label) => ({ label, value: "show" as const })),
		...(more > 0
			? [{ label: t("… {0} more lines in the transcript", more), value: "show" as const }]
			: []),
		separator(t("Answer")),
		...approval.options.map((option) => ({
			label: `$(${optionIcons[option.kind]}) ${inOneLine(option.label)}${asksMore(option, approval) ? "…" : ""}`,
			value: option,
		})),
	];
}

/** The exact words of what is asked about; of a file change the files, as the agent named them. */
async function subject(
	context: CommandContext,
	daemon: FolderDaemon,
	approval: Approval,
): Promise<readonly string[]> {
	const lines = wrapped(approval.title, lineLength);
	if (approval.kind !== "fileChange") {
		return lines;
	}
	try {
		return [...lines, ...(await changedFiles(context, daemon, approval))];
	} catch (error) {
		// The question is there to be answered all the same.
		context.log.warn(`The files of a question could not be read: ${errorSentence(error)}`);
		return lines;
	}
}

async function changedFiles(
	{ reader }: CommandContext,
	{ folder }: FolderDaemon,
	{ session, item }: Approval,
): Promise<readonly string[]> {
	const transcript = await reader.open(await reader.find(session, folder));
	const index = transcript.rows.findLastIndex((row) => row.id === item);
	const [found] = index < 0 ? [] : await transcript.items(index, index + 1);
	const changes = found?.content.type === "fileChange" ? found.content.changes : [];
	return Array.isArray(changes)
		? changes.flatMap(({ path }) =>
				wrapped(path, lineLength).map((line, index) => (index === 0 ? `$(file) ${line}` : line)),
			)
		: [];
}

async function showQuestion(
	context: CommandContext,
	{ folder }: FolderDaemon,
	approval: Approval,
): Promise<void> {
	const { summary } = await context.reader.find(approval.session, folder);
	await context.editors.show(summary, approval.item ? { item: approval.item } : {});
}

function questionTitle({ runs }: FolderDaemon, approval: Approval): string {
	const { t } = vscode.l10n;
	const agent = agentLabel(runs.find(({ id }) => id === approval.run)?.agent ?? "");
	switch (approval.kind) {
		case "command":
			return t("{0} asks to run a command", agent);
		case "fileChange":
			return t("{0} asks to change files", agent);
		case "permissions":
			return t("{0} asks for permission", agent);
		case "tool":
			return t("{0} asks to use a tool", agent);
		case "question":
			return t("{0} has a question", agent);
	}
}

function kindWords(kind: Approval["kind"]): string {
	const { t } = vscode.l10n;
	switch (kind) {
		case "command":
			return t("Command");
		case "fileChange":
			return t("File change");
		case "permissions":
			return t("Permission");
		case "tool":
			return t("Tool");
		case "question":
			return t("Question");
	}
}

const optionIcons: Readonly<Record<Option["kind"], string>> = {
	allowOnce: "check",
	allowAlways: "check-all",
	rejectOnce: "close",
	rejectAlways: "circle-slash",
	cancel: "debug-stop",
};
