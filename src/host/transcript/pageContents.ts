import type { Item } from "../../core/model/item.ts";
import type { TranscriptHeader } from "../../protocol/webview.ts";
import { pageSize } from "../../protocol/webview.ts";
import { forPage } from "./cutTexts.ts";
import type { FirstLook, OpenTranscript } from "./openTranscript.ts";

/** Contents of one page of a transcript, cut for the web page. */
export async function pageOf({ transcript }: OpenTranscript, page: number): Promise<Item[]> {
	const items = await transcript.items(page * pageSize, (page + 1) * pageSize);
	const readBlob = (hash: string) => transcript.blob(hash);
	return Promise.all(items.map((item) => forPage(item, readBlob)));
}

/** Contents of the rows that will be in view first. Numbers count from the first row that is sent. */
export async function pagesOf({ open, rows, from }: FirstLook, around: string | undefined) {
	const at = around === undefined ? -1 : rows.findIndex((row) => row.id === around);
	const last = at < 0 ? rows.length - 1 : Math.min(rows.length - 1, at + pageSize / 2);
	const first = Math.max(0, at < 0 ? last - pageSize / 2 : at);
	const pages: { page: number; items: Item[] }[] = [];
	for (let page = Math.floor(first / pageSize); page * pageSize <= last; page++) {
		pages.push({ page, items: await pageOf(open, page + from / pageSize) });
	}
	return pages;
}

/** What stands above a transcript, and what can be done with it. */
export function headerOf(open: OpenTranscript): TranscriptHeader {
	const { transcript } = open;
	const { summary } = transcript;
	const warnings = transcript.diagnostics
		.filter((diagnostic) => diagnostic.severity === "warning")
		.map((diagnostic) => diagnostic.reason);
	return {
		summary,
		agentLabel: open.agentLabel,
		...(open.parentTitle ? { parentTitle: open.parentTitle } : {}),
		branches: transcript.branches,
		notes: transcript.notes,
		warnings: warnings.length > 0 || !summary.warning ? warnings : [summary.warning],
		capabilities: open.capabilities(),
		actions: open.actions(),
	};
}
