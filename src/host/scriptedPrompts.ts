import * as vscode from "vscode";
import type {
	Choice,
	Divider,
	FilterOptions,
	InputOptions,
	NoticeKind,
	PickOptions,
	Prompts,
} from "./prompts.ts";
import { WindowPrompts } from "./prompts.ts";

/** What a test answers, by kind of question; a function sees the question first. */
export type Answer =
	| { readonly pick: string | RegExp }
	| { readonly pickMany: readonly (string | RegExp)[] }
	| { readonly input: string }
	| { readonly confirm: string }
	| { readonly notify: string }
	| { readonly filter: { readonly text: string; readonly chosen: readonly (string | RegExp)[] } }
	| { readonly openFiles: readonly vscode.Uri[] }
	/** Dismisses whatever is asked. */
	| { readonly dismiss: true };

/** A question that was asked, in the words the person would have seen. */
export interface Asked {
	readonly kind: string;
	readonly message: string;
	readonly choices: readonly string[];
}

/**
 * Prompts answered by a test. Questions take the answers in the order they were given; one without an answer is
 * dismissed. Notifications take only `notify` answers, so they may come in between.
 */
export class ScriptedPrompts implements Prompts {
	readonly asked: Asked[] = [];
	/** Words in the status bar, since the last reset. */
	readonly told: string[] = [];
	/** Folders that windows were asked for, since the last reset. */
	readonly opened: vscode.Uri[] = [];
	private readonly answers: Answer[] = [];

	answer(...answers: readonly Answer[]): void {
		this.answers.push(...answers);
	}

	/** Forgets what is left; returns how much that was. */
	reset(): number {
		this.asked.length = 0;
		this.told.length = 0;
		this.opened.length = 0;
		return this.answers.splice(0).length;
	}

	async pick<T>(
		choices: readonly (Choice<T> | Divider)[],
		options: PickOptions<T>,
	): Promise<T | undefined> {
		const rows = (await options.more?.()) ?? choices;
		const answer = this.take("pick", options.title, rows.map(words));
		const choosable = rows.flatMap((row) => ("value" in row ? [row] : []));
		return answer && "pick" in answer ? find(choosable, answer.pick).value : undefined;
	}

	async pickMany<T>(
		choices: readonly Choice<T>[],
		options: PickOptions<T>,
	): Promise<readonly T[] | undefined> {
		const answer = this.take("pickMany", options.title, choices.map(words));
		return answer && "pickMany" in answer
			? answer.pickMany.map((wanted) => find(choices, wanted).value)
			: undefined;
	}

	async input(options: InputOptions): Promise<string | undefined> {
		const answer = this.take("input", options.title, [options.value ?? ""]);
		if (!answer || !("input" in answer)) {
			return undefined;
		}
		const refused = options.check?.(answer.input);
		if (refused !== undefined) {
			throw new Error(`The input box refuses "${answer.input}": ${refused}`);
		}
		return answer.input;
	}

	async confirm(
		message: string,
		detail: string,
		answers: readonly string[],
	): Promise<string | undefined> {
		const answer = this.take("confirm", `${message}\n${detail}`, answers);
		return answer && "confirm" in answer ? oneOf(answers, answer.confirm) : undefined;
	}

	async notify(
		kind: NoticeKind,
		message: string,
		actions: readonly string[],
	): Promise<string | undefined> {
		this.asked.push({ kind, message, choices: actions });
		const index = this.answers.findIndex((answer) => "notify" in answer);
		const [answer] = index < 0 ? [] : this.answers.splice(index, 1);
		return answer && "notify" in answer ? oneOf(actions, answer.notify) : undefined;
	}

	tell(message: string): void {
		this.told.push(message);
	}

	async filter<T>(
		options: FilterOptions<T>,
	): Promise<{ text: string; chosen: readonly T[] } | undefined> {
		const answer = this.take("filter", options.title, options.choices.map(words));
		if (!answer || !("filter" in answer)) {
			return undefined;
		}
		const chosen = answer.filter.chosen.map((wanted) => find(options.choices, wanted).value);
		options.onChange(answer.filter.text, chosen);
		return { text: answer.filter.text, chosen };
	}

	async openFiles(options: vscode.OpenDialogOptions): Promise<readonly vscode.Uri[] | undefined> {
		const answer = this.take("openFiles", options.title ?? "", []);
		return answer && "openFiles" in answer ? answer.openFiles : undefined;
	}

	async openWindow(folder: vscode.Uri): Promise<void> {
		this.opened.push(folder);
	}

	private take(kind: string, message: string, choices: readonly string[]): Answer | undefined {
		this.asked.push({ kind, message, choices });
		const index = this.answers.findIndex((answer) => !("notify" in answer));
		return index < 0 ? undefined : this.answers.splice(index, 1)[0];
	}
}

/** The window's own prompts; a test's only where VS Code itself runs tests. */
export function createPrompts(mode: vscode.ExtensionMode): Prompts {
	return mode === vscode.ExtensionMode.Test ? new ScriptedPrompts() : new WindowPrompts();
}

function words(choice: vscode.QuickPickItem): string {
	return [choice.label, choice.description, choice.detail].filter(Boolean).join(" | ");
}

function find<T>(choices: readonly Choice<T>[], wanted: string | RegExp): Choice<T> {
	const found = choices.find((choice) =>
		typeof wanted === "string" ? choice.label === wanted : wanted.test(words(choice)),
	);
	if (!found) {
		throw new Error(`No choice ${wanted} among: ${choices.map(words).join("; ")}`);
	}
	return found;
}

function oneOf(answers: readonly string[], wanted: string): string {
	if (!answers.includes(wanted)) {
		throw new Error(`No answer "${wanted}" among: ${answers.join("; ")}`);
	}
	return wanted;
}
