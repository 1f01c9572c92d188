import * as vscode from "vscode";
import { HumanError } from "../base/errors.ts";
import type { Locations } from "../core/locations.ts";
import { WorkspaceStore } from "../core/store/workspaceStore.ts";

/** The stores of the open folders, one a folder. Making one touches no disk. */
export class Stores {
	private readonly stores = new Map<string, WorkspaceStore>();
	private readonly locations: Locations;

	constructor(locations: Locations) {
		this.locations = locations;
	}

	/** A store to read from, trusted or not. */
	reading(folder: string): WorkspaceStore {
		let store = this.stores.get(folder);
		if (!store) {
			store = new WorkspaceStore(folder, this.locations, {
				findRun: async (run) => {
					// Loaded here only: few imports meet a turn that is open.
					const { findRun } = await import("../daemon/client/findRun.ts");
					return findRun(folder, run, "a window");
				},
			});
			this.stores.set(folder, store);
		}
		return store;
	}

	/**
	 * A store to write to. Every write of this extension comes through here, so none happens in a workspace that is
	 * not trusted, whatever a menu, a keybinding or another extension asks for.
	 */
	writing(folder: string): WorkspaceStore {
		requireTrust();
		return this.reading(folder);
	}
}

/** Throws the sentence for restricted mode unless the workspace is trusted. */
export function requireTrust(): void {
	if (!vscode.workspace.isTrusted) {
		throw new HumanError(
			"restricted",
			vscode.l10n.t(
				"This workspace is in Restricted Mode, so Skein changes nothing in it. Trust the workspace first.",
			),
		);
	}
}
