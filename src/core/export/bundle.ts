import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { HumanError } from "../../base/errors.ts";
import type { Files } from "../files.ts";
import { recordMarkBytes } from "../journal/framing.ts";
import type { Session } from "../store/session.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { blobsNamed } from "./blobNames.ts";
import { type BundleHeader, type BundleLine, bundleVersion } from "./bundleFormat.ts";
import { fileLines } from "./lines.ts";

/** Bytes of a blob on one line. */
const blobPart = 768 * 1024;

/** What a bundle had to leave out, as sentences. */
export type ReportMissing = (sentence: string) => void;

/**
 * A session of ours as a bundle, in pieces to be written one after another: its journal and those of all its ancestors
 * byte for byte, then every blob that they name. `importBundle` reads it back into any store. Nothing is redacted.
 */
export async function* sessionBundle(
	store: WorkspaceStore,
	id: string,
	report: ReportMissing,
): AsyncGenerator<string | Buffer> {
	const hash = createHash("sha256");
	const sessions = await withAncestors(store, id, report);
	const header = {
		format: "skein-bundle",
		version: bundleVersion,
		createdAt: new Date(store.clock()).toISOString(),
		session: id,
		sessions: sessions.map((session) => session.id),
		redactions: {},
	} satisfies BundleHeaderValue;
	const blobs = new Set<string>();
	const body = async function* (): AsyncGenerator<string | Buffer> {
		yield `${JSON.stringify(header)}\n`;
		for (const session of sessions) {
			yield line({ bundle: "journal", session: session.id });
			yield* journalLines(store.files, session.file, blobs);
		}
		for (const blob of blobs) {
			yield* blobLines(store, blob, report);
		}
	};
	for await (const piece of body()) {
		hash.update(piece);
		yield piece;
	}
	yield line({ bundle: "end", sha256: hash.digest("hex") });
}

type BundleHeaderValue = import("zod/mini").infer<typeof BundleHeader>;

function line(value: BundleLine): string {
	return `${JSON.stringify(value)}\n`;
}

/** The session and those it continues, the oldest first. An ancestor that cannot be read is reported and ends the line. */
async function withAncestors(
	store: WorkspaceStore,
	id: string,
	report: ReportMissing,
): Promise<Session[]> {
	const found: Session[] = [await store.open(id)];
	const seen = new Set([id]);
	while (true) {
		const parent = found[0]?.state.parent?.session;
		if (parent === undefined || seen.has(parent)) {
			return found;
		}
		seen.add(parent);
		try {
			found.unshift(await store.open(parent));
		} catch (error) {
			if (error instanceof HumanError) {
				report(
					`Session ${parent}, which this one continues, is not in the bundle. ${error.message}`,
				);
				return found;
			}
			throw error;
		}
	}
}

async function* journalLines(
	files: Files,
	file: string,
	blobs: Set<string>,
): AsyncGenerator<string | Buffer> {
	const handle = await files.open(file, "r");
	try {
		for await (const bytes of fileLines(handle)) {
			if (isRecordLine(bytes)) {
				blobsNamed(bytes, blobs);
				yield bytes;
			} else {
				yield line({ bundle: "bytes", base64: bytes.toString("base64") });
			}
		}
	} finally {
		await handle.close();
	}
}

/** Whether a line can stand in a bundle as it is: a terminated JSON object that begins like a record. */
function isRecordLine(bytes: Buffer): boolean {
	if (
		bytes.at(-1) !== 10 ||
		!bytes.subarray(0, recordMarkBytes.length).equals(recordMarkBytes) ||
		!isUtf8(bytes)
	) {
		return false;
	}
	try {
		JSON.parse(bytes.toString("utf8"));
		return true;
	} catch (error) {
		if (error instanceof SyntaxError) {
			return false;
		}
		throw error;
	}
}

async function* blobLines(
	store: WorkspaceStore,
	blob: string,
	report: ReportMissing,
): AsyncGenerator<string> {
	const bytes = await store.context.blobs.get(blob);
	if (!bytes) {
		report(`The payload ${blob} is missing from the store and is not in the bundle.`);
		yield line({ bundle: "missing", blob });
		return;
	}
	let offset = 0;
	do {
		const part = bytes.subarray(offset, offset + blobPart);
		yield line({
			bundle: "blob",
			blob,
			offset,
			bytes: bytes.length,
			base64: part.toString("base64"),
		});
		offset += part.length;
	} while (offset < bytes.length);
}
