import * as vscode from "vscode";
import type { ContextKey } from "./contributions.ts";
import { contextKeys } from "./contributions.ts";

/** The one place that sets context keys: skips values that are set already, and clears all of them on dispose. */
export class ContextKeys implements vscode.Disposable {
	private readonly values = new Map<ContextKey, boolean>();

	set(key: ContextKey, value: boolean): void {
		if ((this.values.get(key) ?? false) !== value) {
			this.values.set(key, value);
			void vscode.commands.executeCommand("setContext", contextKeys[key], value);
		}
	}

	get(key: ContextKey): boolean {
		return this.values.get(key) ?? false;
	}

	dispose(): void {
		for (const key of [...this.values.keys()]) {
			this.set(key, false);
		}
	}
}
