import type { IndexAnswers, IndexQuestion, RowsAnswer } from "../../protocol/indexQuestions.ts";
import { toColumns } from "../../protocol/rowColumns.ts";
import { pageSize } from "../../protocol/webview.ts";
import type { Outlines } from "../index/outlines.ts";
import type { SessionIndex } from "../index/sessionIndex.ts";
import type { IndexedOutline } from "../transcript/outline.ts";

type Question<K extends IndexQuestion["ask"]> = Extract<IndexQuestion, { ask: K }>;

/** Rows that are shown first: whole pages, and more than fit on any screen. */
const firstPages = 3;

/** A session's outline, and the rows that it is shown with first. */
export async function openOutline(
	index: SessionIndex,
	{ folder, session, around }: Question<"outline">,
): Promise<IndexAnswers["outline"]> {
	const found = await index.outlinesOf(folder);
	const outline = found?.outlines.get(found.store.layout, session);
	const summary = outline && found?.rows.summary(session);
	if (!found || !outline || !summary) {
		return undefined;
	}
	const at = around === undefined ? undefined : found.outlines.indexOf(outline, around);
	const pages = Math.ceil(outline.count / pageSize);
	const last = Math.max(0, pages - firstPages);
	const first = at === undefined ? last : Math.min(last, Math.floor(at / pageSize) - 1);
	const from = Math.max(0, first) * pageSize;
	const rows = answerOf(found.outlines, outline, from, from + firstPages * pageSize);
	return { outline, summary, rows };
}

export async function rowsOf(
	index: SessionIndex,
	{ folder, session, mark, from, to }: Question<"rows">,
): Promise<IndexAnswers["rows"]> {
	const found = await index.outlinesOf(folder);
	const outline = found?.outlines.get(found.store.layout, session);
	return found && outline?.mark === mark ? answerOf(found.outlines, outline, from, to) : undefined;
}

function answerOf(
	outlines: Outlines,
	outline: IndexedOutline,
	from: number,
	to: number,
): RowsAnswer {
	const { rows, ...rest } = outlines.rows(outline, from, to);
	return { ...rest, columns: toColumns(rows) };
}
