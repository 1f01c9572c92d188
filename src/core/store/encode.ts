import { HumanError } from "../../base/errors.ts";
import { encodeRecord, inlineLimit, recordLimit } from "../journal/framing.ts";
import { JournalRecord } from "../model/record.ts";
import type { Blobs } from "./blobs.ts";
import { spill } from "./spill.ts";

/** Where payloads go that are too large for a record. */
export interface BlobSink {
	readonly blobs: Blobs;
	/** Told of every new blob, so that a copy is kept. */
	readonly keepBlob: (hash: string) => Promise<void>;
}

/** Records as journal lines; what is too large is stored as blobs first, durably (design: J1). Throws a HumanError (`too-long`, `too-deep`). */
export async function encodeRecords(
	sink: BlobSink,
	records: readonly JournalRecord[],
): Promise<{ lines: string; spilled: boolean }> {
	const encoded: Encoded[] = [];
	for (const record of records) {
		encoded.push(await encodeOne(sink, record));
	}
	return {
		lines: encoded.map(({ line }) => line).join(""),
		spilled: encoded.some(({ spilled }) => spilled),
	};
}

interface Encoded {
	readonly line: string;
	/** A blob was written, which takes time. */
	readonly spilled: boolean;
}

async function encodeOne(sink: BlobSink, record: JournalRecord): Promise<Encoded> {
	let spilled = false;
	const put = async (bytes: Uint8Array, mime: string) => {
		spilled = true;
		const { ref, created } = await sink.blobs.put(bytes, mime);
		if (created) {
			await sink.keepBlob(ref.blob);
		}
		return ref;
	};
	try {
		const whole = encodeRecord(record);
		if (fitsAsItIs(whole)) {
			return { line: whole, spilled };
		}
		const fitting = await spill(record, put);
		const line = encodeRecord(fitting);
		// A field that has to be in the record itself, and is longer than a record may be.
		if (Buffer.byteLength(line) <= recordLimit && (!spilled || isRecord(fitting))) {
			return { line, spilled };
		}
	} catch (error) {
		if (!(error instanceof RangeError)) {
			throw error;
		}
		throw new HumanError(
			"too-deep",
			"This is nested more deeply than can be stored. Nothing was stored.",
			{ cause: error },
		);
	}
	throw new HumanError(
		"too-long",
		"This has a name, path or title that is too long to be stored. Nothing was stored.",
	);
}

const imageInside = /"url":"data:/i;

/** A line that is too short to hold anything that goes to a blob for its length, and that holds no image. */
function fitsAsItIs(line: string): boolean {
	return line.length * 3 <= inlineLimit && !imageInside.test(line);
}

function isRecord(value: unknown): boolean {
	return JournalRecord.safeParse(value).success;
}
