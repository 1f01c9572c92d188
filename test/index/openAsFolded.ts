import assert from "node:assert/strict";
import type { StoreIndex } from "../../src/core/index/storeIndex.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { IndexedTranscript, readOutlined } from "../../src/core/transcript/indexedTranscript.ts";
import type { Transcript } from "../../src/core/transcript/transcript.ts";

/**
 * Every session that opens from the index shows what it shows when it is folded: rows, contents of any page, branches,
 * notes, warnings. Returns how many do; the others have to be folded.
 */
export async function assertOpenAsFolded(
	{ folder, locations, clock }: WorkspaceStore,
	{ outlines, projection }: StoreIndex,
): Promise<number> {
	const store = new WorkspaceStore(folder, locations, { clock });
	let opened = 0;
	for (const id of outlines.known()) {
		const outline = outlines.get(store.layout, id);
		if (!outline) {
			continue;
		}
		opened++;
		const summary = projection.summary(id);
		assert.ok(summary);
		const context = {
			files: store.files,
			blobs: store.context.blobs,
			fold: () => Promise.reject(new Error("nothing has changed")),
		};
		const part = outlines.rows(outline, 0, outline.count);
		const indexed = new IndexedTranscript(outline, summary, part, context);
		const folded = await store.transcript(id);
		assert.deepEqual(await contentOf(indexed), await contentOf(folded));
		assert.deepEqual(await indexed.refresh(), { kind: "unchanged" });
		for (const [from, to] of pagesOf(outline.count)) {
			const page = outlines.rows(outline, from, to);
			assert.deepEqual(page.rows, folded.rows.slice(from, to));
			const items = await readOutlined(outline, page, from, to, context);
			assert.deepEqual(items, await folded.items(from, to));
		}
		for (const [index, row] of folded.rows.entries()) {
			assert.equal(outlines.indexOf(outline, row.id), index);
		}
		assert.equal(outlines.indexOf(outline, "none"), undefined);
	}
	await store.close();
	return opened;
}

async function contentOf(transcript: Transcript): Promise<unknown> {
	const { rows, branches, notes, diagnostics, files, summary } = transcript;
	const items = await transcript.items(0, rows.length);
	// Damage that became other damage of the same length, before bytes that were appended: only a full reading sees that.
	const damage = diagnostics.map(({ fragment: _, ...diagnostic }) => diagnostic);
	const approvals = JSON.stringify(transcript.approvals);
	return { rows, branches, notes, approvals, damage, files, summary, items };
}

function pagesOf(count: number): [number, number][] {
	const half = Math.floor(count / 2);
	return [
		[0, half],
		[half, count],
		[Math.max(0, half - 1), Math.min(count, half + 2)],
	];
}
