import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import type { Prompts } from "../prompts.ts";
import type { Daemons } from "./daemons.ts";

/**
 * Whether the next runs of this window have their protocol recorded, redacted, for a bug report; and the files they go
 * to, each shown when its run has ended.
 */
export class ProtocolRecording implements vscode.Disposable {
	readonly onDidChange: Event<void>;
	private readonly prompts: Prompts;
	private readonly files = new Map<string, string>();
	private readonly changed = new Emitter<void>();
	private readonly disposables = new DisposableStore();
	private on = false;

	constructor(daemons: Daemons, prompts: Prompts) {
		this.prompts = prompts;
		this.onDidChange = this.changed.event;
		this.disposables.add(
			daemons.onEvent(({ event }) => {
				const run = event.type === "run.ended" ? event.detail?.["run"] : undefined;
				if (typeof run === "string") {
					this.ended(run);
				}
			}),
		);
	}

	/** What a prompt passes on as `record`. */
	get isOn(): boolean {
		return this.on;
	}

	toggle(): void {
		this.on = !this.on;
		this.changed.fire();
	}

	/** A run of this window is recorded to `file`, the `recording` of its prompt's answer. */
	began(run: string, file: string | undefined): void {
		if (file !== undefined) {
			this.files.set(run, file);
		}
	}

	dispose(): void {
		this.disposables.dispose();
	}

	private ended(run: string): void {
		const file = this.files.get(run);
		if (file === undefined) {
			return;
		}
		this.files.delete(run);
		const { t } = vscode.l10n;
		const show = t("Show File");
		const sentence = t(
			"The protocol of the run was recorded. Known kinds of secrets are masked; look through it before you pass it on.",
		);
		void this.prompts.notify("info", sentence, [show]).then(async (answer) => {
			if (answer === show) {
				await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(file));
			}
		});
	}
}
