import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { sessionMarkdown } from "../../core/export/markdown.ts";
import { isBlobRef } from "../../core/model/blob.ts";
import type { FileEdit, Item } from "../../core/model/item.ts";
import type { Transcript } from "../../core/transcript/transcript.ts";
import { schemes } from "../contributions.ts";
import { changeSides } from "./changeSides.ts";
import type { TranscriptOpener } from "./transcriptOpener.ts";

type Side = "before" | "after";

/**
 * Read-only documents that stand for parts of a session: the whole transcript as Markdown (for screen readers, find in
 * files, folding, printing), and both sides of a recorded file change. Their addresses say what they show, so they too
 * come back after a reload.
 */
export class VirtualDocuments implements vscode.Disposable {
	private readonly opener: TranscriptOpener;
	private readonly disposables = new DisposableStore();
	private readonly changed = this.disposables.add(new vscode.EventEmitter<vscode.Uri>());

	constructor(opener: TranscriptOpener) {
		this.opener = opener;
		const register = (scheme: string, provide: (uri: vscode.Uri) => Promise<string>) =>
			this.disposables.add(
				vscode.workspace.registerTextDocumentContentProvider(scheme, {
					onDidChange: this.changed.event,
					provideTextDocumentContent: provide,
				}),
			);
		register(schemes.text, (uri) => this.text(uri));
		register(schemes.change, (uri) => this.side(uri));
	}

	/** Shows the transcript behind `session` (its address) as Markdown. */
	async showText(session: vscode.Uri, title: string): Promise<void> {
		const uri = vscode.Uri.from({
			scheme: schemes.text,
			path: `/${fileName(title)}.md`,
			query: session.toString(),
		});
		const document = await vscode.workspace.openTextDocument(uri);
		// It may be open since earlier: it shows the session as it is now.
		this.changed.fire(uri);
		await vscode.window.showTextDocument(document);
	}

	/** Shows what an item changed in a file as a diff. False when the item holds no such change. */
	async showChange(session: vscode.Uri, item: Item, path: string): Promise<boolean> {
		const { transcript } = await this.opener.open(session);
		const edits = await editsOf(item, transcript);
		const index = edits.findIndex((edit) => edit.path === path || edit.movedTo === path);
		const edit = edits[index];
		if (!edit) {
			return false;
		}
		const side = (of: Side) =>
			vscode.Uri.from({
				scheme: schemes.change,
				path: `/${edit.path.replace(/^\/+/, "")}`,
				query: JSON.stringify({ session: session.toString(), item: item.id, index, side: of }),
			});
		const name = edit.path.slice(edit.path.lastIndexOf("/") + 1);
		const title = vscode.l10n.t("{0} (recorded change)", name);
		await vscode.commands.executeCommand("vscode.diff", side("before"), side("after"), title, {
			preview: true,
		});
		return true;
	}

	dispose(): void {
		this.disposables.dispose();
	}

	private async text(uri: vscode.Uri): Promise<string> {
		const { transcript } = await this.opener.open(vscode.Uri.parse(uri.query, true));
		let text = "";
		for await (const piece of sessionMarkdown(transcript)) {
			text += piece;
		}
		return text;
	}

	private async side(uri: vscode.Uri): Promise<string> {
		const query: unknown = JSON.parse(uri.query);
		if (!isChangeQuery(query)) {
			return "";
		}
		const { transcript } = await this.opener.open(vscode.Uri.parse(query.session, true));
		const row = transcript.rows.findIndex(({ id }) => id === query.item);
		const [item] = row < 0 ? [] : await transcript.items(row, row + 1);
		const edit = item && (await editsOf(item, transcript))[query.index];
		return edit ? sideOf(edit, query.side, transcript) : "";
	}
}

async function sideOf(edit: FileEdit, side: Side, transcript: Transcript): Promise<string> {
	if (edit.diff !== undefined) {
		return changeSides(await textOf(edit.diff, transcript))[side];
	}
	const whole = edit.content === undefined ? "" : await textOf(edit.content, transcript);
	switch (edit.kind) {
		case "add":
			return side === "after" ? whole : "";
		case "delete":
			return side === "before" ? whole : "";
		case "update":
			return side === "after" ? whole : "";
	}
}

async function editsOf(item: Item, transcript: Transcript): Promise<readonly FileEdit[]> {
	if (item.content.type !== "fileChange") {
		return [];
	}
	const { changes } = item.content;
	if (!isBlobRef(changes)) {
		return changes;
	}
	const edits: unknown = JSON.parse(await textOf(changes, transcript));
	return Array.isArray(edits) ? edits : [];
}

async function textOf(text: FileEdit["diff"] & {}, transcript: Transcript): Promise<string> {
	if (typeof text === "string") {
		return text;
	}
	const bytes = await transcript.blob(text.blob);
	return bytes ? new TextDecoder().decode(bytes) : "";
}

interface ChangeQuery {
	readonly session: string;
	readonly item: string;
	readonly index: number;
	readonly side: Side;
}

function isChangeQuery(value: unknown): value is ChangeQuery {
	return (
		typeof value === "object" &&
		value !== null &&
		"session" in value &&
		typeof value.session === "string" &&
		"item" in value &&
		typeof value.item === "string" &&
		"index" in value &&
		typeof value.index === "number" &&
		"side" in value &&
		(value.side === "before" || value.side === "after")
	);
}

/** A title as a file name that every platform and tab can show. */
function fileName(title: string): string {
	return (
		title
			.replace(/[\s/\\:*?"<>|]+/g, " ")
			.trim()
			.slice(0, 80) || "Session"
	);
}
