import { encodeRecord } from "../journal/framing.ts";
import type { JournalRecord } from "../model/record.ts";
import type { Blobs } from "./blobs.ts";
import { spill } from "./spill.ts";

/** Where payloads go that are too large for a record. */
export interface BlobSink {
	readonly blobs: Blobs;
	/** Told of every new blob, so that a copy is kept. */
	readonly keepBlob: (hash: string) => Promise<void>;
}

/** Records as journal lines; what is too large is stored as blobs first, durably (design: J1). */
export async function encodeRecords(
	sink: BlobSink,
	records: readonly JournalRecord[],
): Promise<string> {
	const lines: string[] = [];
	for (const record of records) {
		const fitting = await spill(record, async (bytes, mime) => {
			const { ref, created } = await sink.blobs.put(bytes, mime);
			if (created) {
				await sink.keepBlob(ref.blob);
			}
			return ref;
		});
		lines.push(encodeRecord(fitting));
	}
	return lines.join("");
}
