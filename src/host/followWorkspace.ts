import * as vscode from "vscode";
import { DisposableStore } from "../base/disposable.ts";
import type { Locations } from "../core/locations.ts";
import type { Source } from "../core/sources/source.ts";
import type { BackgroundIndexing } from "./backgroundIndexing.ts";
import type { CatalogueClient, CatalogueScopes } from "./catalogueClient.ts";
import type { SessionList } from "./sessions/sessionList.ts";
import { onDidChangeSetting, readSetting } from "./settings.ts";
import type { TranscriptEditors } from "./transcript/transcriptEditors.ts";
import type { WarningDecorations } from "./views/warningDecorations.ts";
import { diskFolders } from "./workspace.ts";

export interface Followers {
	readonly list: SessionList;
	readonly catalogue: CatalogueClient;
	readonly editors: TranscriptEditors;
	readonly decorations: WarningDecorations;
	readonly indexing: BackgroundIndexing;
	readonly sources: readonly Source[];
	readonly locations: Locations;
}

/** Hands on what happens around us: rows from the worker, folders opened and closed, trust granted. */
export function followWorkspace(parts: Followers): vscode.Disposable {
	const { list, catalogue, editors, decorations, indexing, sources, locations } = parts;
	const following = new DisposableStore();
	list.setFolders(diskFolders());
	following.add(catalogue.onDidReceive((message) => list.apply(message)));
	following.add(
		list.onDidChange((change) => {
			editors.follow(change);
			decorations.follow(change);
		}),
	);
	const configure = () => {
		list.setFolders(diskFolders());
		catalogue.configure(currentScopes(sources, locations));
		void indexing.again();
	};
	following.add(vscode.workspace.onDidChangeWorkspaceFolders(configure));
	following.add(onDidChangeSetting("skein.sources.keep", configure));
	following.add(
		vscode.workspace.onDidGrantWorkspaceTrust(() => {
			configure();
			editors.refreshAll();
		}),
	);
	return following;
}

/** What the catalogue lists: every open folder on disk, and every source. */
export function currentScopes(sources: readonly Source[], locations: Locations): CatalogueScopes {
	return {
		folders: diskFolders(),
		sources: sources.map((source) => source.name),
		locations,
		keepCopies: vscode.workspace.isTrusted,
		keepSources: vscode.workspace.isTrusted ? readSetting("skein.sources.keep") : "off",
	};
}
