import * as vscode from "vscode";

export interface Choice<T> extends vscode.QuickPickItem {
	readonly value: T;
}

/** A line between choices, with or without words. */
export interface Divider extends vscode.QuickPickItem {
	readonly kind: vscode.QuickPickItemKind.Separator;
}

export interface PickOptions<T> {
	readonly title: string;
	readonly placeholder?: string;
	/** The choice that is highlighted first. */
	readonly active?: T;
	/** Choices that take a while: it is shown as busy until they are there in place of the first ones. Never rejects. */
	readonly more?: () => Promise<readonly (Choice<T> | Divider)[]>;
	/** Closes it, as if it were dismissed. */
	readonly closeOn?: vscode.CancellationToken;
}

export interface InputOptions {
	readonly title: string;
	readonly prompt?: string;
	readonly placeholder?: string;
	readonly value?: string;
	/** A sentence when the text will not do, undefined when it will. */
	readonly check?: (text: string) => string | undefined;
	/** Shows dots instead of the text. */
	readonly password?: boolean;
	/** Stays while the person looks elsewhere. */
	readonly stays?: boolean;
	/** Closes it, as if it were dismissed. */
	readonly closeOn?: vscode.CancellationToken;
}

export interface FilterOptions<T> {
	readonly title: string;
	readonly placeholder: string;
	readonly text: string;
	readonly choices: readonly Choice<T>[];
	/** Called with every change, so that what is behind can follow. */
	readonly onChange: (text: string, chosen: readonly T[]) => void;
}

export type NoticeKind = "info" | "warning" | "error";

/** Every question put to the person, in one place; a test answers instead of a person (`ExtensionMode.Test` only). */
export interface Prompts {
	/** Undefined when it was dismissed; so for all of them. */
	pick<T>(
		choices: readonly (Choice<T> | Divider)[],
		options: PickOptions<T>,
	): Promise<T | undefined>;
	pickMany<T>(
		choices: readonly Choice<T>[],
		options: PickOptions<T>,
	): Promise<readonly T[] | undefined>;
	input(options: InputOptions): Promise<string | undefined>;
	/** A modal question; returns the answer chosen. *Cancel* is added by VS Code. */
	confirm(message: string, detail: string, answers: readonly string[]): Promise<string | undefined>;
	/** A notification: for what has an action, such as *Undo*, or went wrong. Returns the action chosen. */
	notify(
		kind: NoticeKind,
		message: string,
		actions: readonly string[],
	): Promise<string | undefined>;
	/** A few words in the status bar, for a moment: what was done, where it is to be seen already. */
	tell(message: string): void;
	/** Text and toggles in one quick pick. */
	filter<T>(options: FilterOptions<T>): Promise<{ text: string; chosen: readonly T[] } | undefined>;
	openFiles(options: vscode.OpenDialogOptions): Promise<readonly vscode.Uri[] | undefined>;
	/** Opens a folder in a window of its own. */
	openWindow(folder: vscode.Uri): Promise<void>;
}

/** Words in the status bar stay this long. ms. */
const toldFor = 5000;

/** The prompts of VS Code itself. */
export class WindowPrompts implements Prompts {
	async pick<T>(
		choices: readonly (Choice<T> | Divider)[],
		options: PickOptions<T>,
	): Promise<T | undefined> {
		const picker = vscode.window.createQuickPick<Choice<T> | Divider>();
		let isOpen = true;
		const fill = (rows: typeof choices, active: T | undefined) => {
			picker.items = rows;
			picker.activeItems = rows.filter((row) => "value" in row && row.value === active);
		};
		fill(choices, options.active);
		if (options.more) {
			picker.busy = true;
			picker.keepScrollPosition = true;
			void options.more().then((rows) => {
				if (isOpen) {
					const [active] = picker.activeItems;
					fill(rows, active && "value" in active ? active.value : options.active);
					picker.busy = false;
				}
			});
		}
		const chosen = await show(picker, options, () => picker.selectedItems[0]);
		isOpen = false;
		return chosen && "value" in chosen ? chosen.value : undefined;
	}

	async pickMany<T>(
		choices: readonly Choice<T>[],
		options: PickOptions<T>,
	): Promise<readonly T[] | undefined> {
		const picker = vscode.window.createQuickPick<Choice<T>>();
		picker.canSelectMany = true;
		picker.items = choices;
		picker.selectedItems = choices.filter((choice) => choice.picked);
		const chosen = await show(picker, options, () => picker.selectedItems);
		return chosen?.map((choice) => choice.value);
	}

	async input(options: InputOptions): Promise<string | undefined> {
		const { check, closeOn, ...rest } = options;
		return vscode.window.showInputBox(
			{
				title: rest.title,
				...(rest.prompt ? { prompt: rest.prompt } : {}),
				...(rest.placeholder ? { placeHolder: rest.placeholder } : {}),
				...(rest.value === undefined ? {} : { value: rest.value }),
				...(check ? { validateInput: check } : {}),
				password: rest.password ?? false,
				ignoreFocusOut: rest.stays ?? false,
			},
			closeOn,
		);
	}

	async confirm(
		message: string,
		detail: string,
		answers: readonly string[],
	): Promise<string | undefined> {
		return vscode.window.showWarningMessage(message, { modal: true, detail }, ...answers);
	}

	async notify(
		kind: NoticeKind,
		message: string,
		actions: readonly string[],
	): Promise<string | undefined> {
		switch (kind) {
			case "info":
				return vscode.window.showInformationMessage(message, ...actions);
			case "warning":
				return vscode.window.showWarningMessage(message, ...actions);
			case "error":
				return vscode.window.showErrorMessage(message, ...actions);
		}
	}

	tell(message: string): void {
		vscode.window.setStatusBarMessage(message, toldFor);
	}

	async filter<T>(
		options: FilterOptions<T>,
	): Promise<{ text: string; chosen: readonly T[] } | undefined> {
		const picker = vscode.window.createQuickPick<Choice<T>>();
		picker.canSelectMany = true;
		picker.value = options.text;
		// The text filters sessions, not the toggles below it.
		picker.items = options.choices.map((choice) => ({ ...choice, alwaysShow: true }));
		picker.selectedItems = picker.items.filter((choice) => choice.picked);
		const current = () => ({
			text: picker.value,
			chosen: picker.selectedItems.map((choice) => choice.value),
		});
		const changed = () => options.onChange(current().text, current().chosen);
		picker.onDidChangeValue(changed);
		picker.onDidChangeSelection(changed);
		return show(picker, options, current);
	}

	async openFiles(options: vscode.OpenDialogOptions): Promise<readonly vscode.Uri[] | undefined> {
		return vscode.window.showOpenDialog(options);
	}

	async openWindow(folder: vscode.Uri): Promise<void> {
		await vscode.commands.executeCommand("vscode.openFolder", folder, { forceNewWindow: true });
	}
}

function show<T extends vscode.QuickPickItem, R>(
	picker: vscode.QuickPick<T>,
	options: Pick<PickOptions<never>, "title" | "placeholder" | "closeOn">,
	result: () => R,
): Promise<R | undefined> {
	picker.title = options.title;
	picker.placeholder = options.placeholder ?? "";
	picker.matchOnDescription = true;
	picker.matchOnDetail = true;
	return new Promise((resolve) => {
		picker.onDidAccept(() => {
			resolve(result());
			picker.hide();
		});
		const closing = options.closeOn?.onCancellationRequested(() => picker.hide());
		picker.onDidHide(() => {
			resolve(undefined);
			closing?.dispose();
			picker.dispose();
		});
		picker.show();
	});
}
