import * as path from "node:path";
import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { findForgottenSessions, forgetSessions } from "../../core/checkpoints/forgetting.ts";
import { isKeptAnywhere } from "../../core/store/keep.ts";
import {
	findUnusedBlobs,
	removeUnusedBlobs,
	type UnusedBlob,
} from "../../core/store/unusedBlobs.ts";
import type { WorkspaceStore } from "../../core/store/workspaceStore.ts";
import { requireTrust } from "../stores.ts";
import { diskFolders } from "../workspace.ts";
import type { CommandContext, Handlers } from "./context.ts";

/** What nothing needs any more in the store of one folder and the repository around it. */
interface Unneeded {
	readonly store: WorkspaceStore;
	readonly blobs: readonly UnusedBlob[];
	/** Sessions nobody knows of which checkpoints are kept. */
	readonly sessions: readonly string[];
}

interface Amount {
	readonly blobs: number;
	readonly bytes: number;
	/** Of which checkpoints go. */
	readonly sessions: number;
}

/** Removing what no session needs: shown first, asked about, and never a session. */
export function cleaningUpCommands(context: CommandContext): Handlers<"cleanUp"> {
	const { l10n } = vscode;
	return {
		async cleanUp() {
			requireTrust();
			const looking = l10n.t("Looking for what no session needs");
			const unneeded = await cancellably(looking, (signal, progress) =>
				findUnneeded(context, signal, progress),
			);
			if (unneeded.length === 0) {
				const words = l10n.t(
					"There is nothing to clean up: all that is stored is needed by a session, or younger than a week.",
				);
				void context.prompts.notify("info", words, []);
				return { blobs: 0, bytes: 0, sessions: 0 };
			}
			const answer = await context.prompts.confirm(
				l10n.t("Remove what no session needs any more?"),
				unneeded.map(lineOf).join("\n"),
				[l10n.t("Clean Up")],
			);
			if (answer === undefined) {
				return undefined;
			}
			const removed = await cancellably(l10n.t("Cleaning up"), async (signal) => {
				const removed = { blobs: 0, bytes: 0, sessions: 0 };
				for (const { store, blobs, sessions } of unneeded) {
					const gone = await removeUnusedBlobs(store, blobs, { signal });
					removed.blobs += gone.length;
					removed.bytes += bytesOf(gone);
					if (sessions.length > 0) {
						await forgetSessions(context.checkpoints.of(store.folder), sessions);
						removed.sessions += sessions.length;
					}
				}
				return removed;
			});
			context.prompts.tell(l10n.t("Removed {0}", inWords(removed)));
			return removed;
		},
	};
}

function cancellably<T>(
	title: string,
	work: (signal: AbortSignal, progress: (done: number, total: number) => void) => Promise<T>,
): Thenable<T> {
	const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
	return vscode.window.withProgress(options, async (progress, token) => {
		const stop = new AbortController();
		const listening = token.onCancellationRequested(() => stop.abort());
		try {
			return await work(stop.signal, (done, total) => {
				const message = vscode.l10n.t("{0} of {1} files", done, total);
				progress.report({ message, increment: 100 / total });
			});
		} finally {
			listening.dispose();
		}
	});
}

async function findUnneeded(
	context: CommandContext,
	signal: AbortSignal,
	onProgress: (done: number, total: number) => void,
): Promise<Unneeded[]> {
	const found: Unneeded[] = [];
	for (const folder of diskFolders()) {
		const store = context.stores.writing(folder);
		if ((await store.status()).kind === "ready") {
			const blobs = await findUnusedBlobs(store, { signal, onProgress });
			found.push({ store, blobs, sessions: await forgottenSessions(context, store) });
		}
	}
	return found.filter(({ blobs, sessions }) => blobs.length > 0 || sessions.length > 0);
}

/** None where there is no git, or no repository. */
async function forgottenSessions(
	context: CommandContext,
	store: WorkspaceStore,
): Promise<readonly string[]> {
	const isKnown = async (id: string) =>
		(await store.has(id)) || isKeptAnywhere(store.files, store.locations.data, id);
	try {
		const checkpoints = context.checkpoints.of(store.folder);
		return await findForgottenSessions(checkpoints, isKnown, Date.now());
	} catch (error) {
		if (!(error instanceof HumanError)) {
			throw error;
		}
		context.log.info(error.message);
		return [];
	}
}

function lineOf({ store, blobs, sessions }: Unneeded): string {
	const amount = { blobs: blobs.length, bytes: bytesOf(blobs), sessions: sessions.length };
	return vscode.l10n.t("{0}: {1}", path.basename(store.folder), inWords(amount));
}

/** How much of what, as the middle of a sentence. */
function inWords({ blobs, bytes, sessions }: Amount): string {
	const { l10n } = vscode;
	const parts = [
		...(blobs > 0 ? [l10n.t("images and long texts: {0} ({1} MB)", blobs, megabytes(bytes))] : []),
		...(sessions > 0 ? [l10n.t("checkpoints of sessions that are gone: {0}", sessions)] : []),
	];
	return parts.length > 0 ? parts.join("; ") : l10n.t("nothing: all of it is needed again");
}

function bytesOf(blobs: readonly UnusedBlob[]): number {
	return blobs.reduce((sum, { size }) => sum + size, 0);
}

function megabytes(bytes: number): string {
	return (bytes / 1024 / 1024).toLocaleString(vscode.env.language, {
		minimumFractionDigits: 1,
		maximumFractionDigits: 1,
	});
}
