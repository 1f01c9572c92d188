import type { BlobRef } from "../model/blob.ts";
import type { RawSourceFile, RawSpan } from "../sources/source.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

/** A source's bytes go into blobs of at most this size, so that none has to fit into memory whole. Bytes. */
const sliceLimit = 64 * 1024 * 1024;

/** A stretch of a source's file that is stored as a blob. */
export interface StoredSlice {
	readonly file: string;
	/** Where it stood in the file. */
	readonly offset: number;
	readonly content: BlobRef;
}

export interface SourceBytes {
	/** Slices stored now: each wants a `source.imported` record. */
	readonly fresh: readonly StoredSlice[];
	/** All slices, those of earlier imports included. */
	readonly all: readonly StoredSlice[];
}

/** Stores what the source's files hold beyond the slices that are known. */
export async function storeSourceBytes(
	store: WorkspaceStore,
	known: readonly StoredSlice[],
	files: readonly RawSourceFile[],
): Promise<SourceBytes> {
	const fresh: StoredSlice[] = [];
	for (const file of files) {
		const end = known
			.filter((slice) => slice.file === file.name)
			.reduce((most, slice) => Math.max(most, slice.offset + slice.content.bytes), 0);
		for (let offset = end; offset < file.size; offset += sliceLimit) {
			const bytes = await file.read(offset, Math.min(file.size, offset + sliceLimit));
			const { ref } = await store.putBlob(bytes, "application/x-ndjson");
			fresh.push({ file: file.name, offset, content: ref });
		}
	}
	return { fresh, all: [...known, ...fresh] };
}

/** Where the bytes of an item stand in blobs: what its record cites. */
export function cite(
	slices: readonly StoredSlice[],
	spans: readonly RawSpan[],
): { blob: string; offset: number; length: number }[] {
	return spans.flatMap((span) =>
		slices
			.filter((slice) => slice.file === span.file)
			.flatMap((slice) => {
				const from = Math.max(span.offset, slice.offset);
				const to = Math.min(span.offset + span.length, slice.offset + slice.content.bytes);
				return from < to
					? [{ blob: slice.content.blob, offset: from - slice.offset, length: to - from }]
					: [];
			}),
	);
}
