import * as path from "node:path";
import * as vscode from "vscode";
import * as z from "zod/mini";
import { toDisposable } from "../../base/disposable.ts";
import type { ChangedFile, FileVersion } from "../../core/checkpoints/changes.ts";
import { submoduleMode } from "../../core/checkpoints/changes.ts";
import { Checkpoints } from "../../core/checkpoints/checkpoints.ts";
import type { Locations } from "../../core/locations.ts";
import { schemes } from "../contributions.ts";
import { diskFolders } from "../workspace.ts";
import { LastContents } from "./lastContents.ts";

/** What the query of an address says: which content of which folder's repository. */
const Address = z.object({ folder: z.string(), object: z.string(), mode: z.string() });
type Address = z.infer<typeof Address>;

/** Files in one editor of differences. */
const shownAtMost = 1000;

const nothing = toDisposable(() => undefined);

/**
 * The checkpoints of the open folders, and their files as read-only files of VS Code's, whatever they hold: its editors for
 * images and the like show them, too. Only a trusted window starts git, and only in an open folder.
 */
export class WorkspaceCheckpoints implements vscode.FileSystemProvider, vscode.Disposable {
	private readonly locations: Locations;
	private readonly folders = new Map<string, Checkpoints>();
	private readonly contents = new LastContents();
	private readonly registration: vscode.Disposable;

	/** They never change: their addresses name contents. */
	readonly onDidChangeFile: vscode.Event<vscode.FileChangeEvent[]> = () => nothing;

	constructor(locations: Locations) {
		this.locations = locations;
		this.registration = vscode.workspace.registerFileSystemProvider(schemes.checkpoint, this, {
			isReadonly: true,
			isCaseSensitive: true,
		});
	}

	of(folder: string): Checkpoints {
		let checkpoints = this.folders.get(folder);
		if (!checkpoints) {
			checkpoints = new Checkpoints(folder, this.locations);
			this.folders.set(folder, checkpoints);
		}
		return checkpoints;
	}

	/** Opens VS Code's editor of several differences. */
	async showChanges(title: string, folder: string, changes: readonly ChangedFile[]): Promise<void> {
		const { top } = await this.of(folder).open();
		const resources = changes
			.slice(0, shownAtMost)
			.map((change) => [
				vscode.Uri.file(path.join(top, change.path)),
				change.before && address(folder, change.path, change.before),
				change.after && address(folder, change.path, change.after),
			]);
		const all =
			changes.length > shownAtMost
				? vscode.l10n.t("{0} (the first {1} of {2})", title, shownAtMost, changes.length)
				: title;
		await vscode.commands.executeCommand("vscode.changes", all, resources);
	}

	async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
		const { length } = await this.content(uri);
		// The same whenever it is asked for: an editor would take a later time for a change.
		return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: length };
	}

	async readFile(uri: vscode.Uri): Promise<Uint8Array> {
		return this.content(uri);
	}

	dispose(): void {
		this.registration.dispose();
	}

	watch(): vscode.Disposable {
		return nothing;
	}
	readDirectory(): [string, vscode.FileType][] {
		return [];
	}
	createDirectory(uri: vscode.Uri): void {
		throw vscode.FileSystemError.NoPermissions(uri);
	}
	writeFile(uri: vscode.Uri): void {
		throw vscode.FileSystemError.NoPermissions(uri);
	}
	delete(uri: vscode.Uri): void {
		throw vscode.FileSystemError.NoPermissions(uri);
	}
	rename(uri: vscode.Uri): void {
		throw vscode.FileSystemError.NoPermissions(uri);
	}

	private async content(uri: vscode.Uri): Promise<Uint8Array> {
		const said = parseAddress(uri.query);
		if (!said || !diskFolders().includes(said.folder)) {
			throw vscode.FileSystemError.FileNotFound(uri);
		}
		if (!vscode.workspace.isTrusted) {
			throw vscode.FileSystemError.NoPermissions(uri);
		}
		const { folder, object, mode } = said;
		if (mode === submoduleMode) {
			return new TextEncoder().encode(vscode.l10n.t("Submodule at commit {0}", object));
		}
		return this.contents.get(object, () => this.of(folder).content(object));
	}
}

function address(folder: string, file: string, { object, mode }: FileVersion): vscode.Uri {
	const query = JSON.stringify({ folder, object, mode } satisfies Address);
	return vscode.Uri.from({ scheme: schemes.checkpoint, path: `/${file}`, query });
}

function parseAddress(query: string): Address | undefined {
	try {
		const parsed = Address.safeParse(JSON.parse(query));
		return parsed.success ? parsed.data : undefined;
	} catch (error) {
		if (error instanceof SyntaxError) {
			return undefined;
		}
		throw error;
	}
}
