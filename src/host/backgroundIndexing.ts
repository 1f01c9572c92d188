import * as vscode from "vscode";
import type { CatalogueClient } from "./catalogueClient.ts";
import { isCancellation } from "./failures.ts";

/** How long the list has been in sight before anything competes with it for the disk. ms. */
const settleTime = 500;

/**
 * Compares the search index with the disk and brings it up to date, once the list has been made and again when other
 * folders are listed. The index is in the user's cache, so a workspace need not be trusted for it.
 * Guarantees: nothing begins before the first rows are drawn; what is read can be stopped, and is gone on with by the next
 * search; a failure is a line in the log.
 */
export class BackgroundIndexing implements vscode.Disposable {
	private readonly catalogue: CatalogueClient;
	private readonly log: vscode.LogOutputChannel;
	private readonly ended = new vscode.CancellationTokenSource();
	private timer: NodeJS.Timeout | undefined;

	/** @param drawn resolves when the list stands in the views. */
	constructor(catalogue: CatalogueClient, drawn: Promise<void>, log: vscode.LogOutputChannel) {
		this.catalogue = catalogue;
		this.log = log;
		void Promise.all([catalogue.listed, drawn]).then(() => this.soon());
	}

	/** After other folders were opened, once they are listed. */
	async again(): Promise<void> {
		if (this.catalogue.started) {
			await this.catalogue.refresh();
			this.soon();
		}
	}

	dispose(): void {
		clearTimeout(this.timer);
		this.ended.cancel();
		this.ended.dispose();
	}

	private soon(): void {
		clearTimeout(this.timer);
		if (!this.ended.token.isCancellationRequested) {
			this.timer = setTimeout(() => void this.update(), settleTime);
		}
	}

	private async update(): Promise<void> {
		if (!this.catalogue.started) {
			// It has crashed too often: the log says so.
			return;
		}
		try {
			await this.catalogue.ask({ ask: "update" }, this.ended.token);
		} catch (error) {
			// Refused as cancelled: the folders have changed, and it begins again.
			if (!isCancellation(error)) {
				this.log.error(error instanceof Error ? error : String(error));
			}
		}
	}
}
