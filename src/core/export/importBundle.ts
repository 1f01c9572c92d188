import { createHash } from "node:crypto";
import { causeInWords, HumanError } from "../../base/errors.ts";
import { type Files, writeWhole } from "../files.ts";
import { recordMarkBytes } from "../journal/framing.ts";
import { isUlid } from "../journal/ids.ts";
import { JournalScanner } from "../journal/scan.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { Blobs } from "../store/blobs.ts";
import { liftTombstones } from "../store/purge.ts";
import type { Session } from "../store/session.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { BundleHeader, BundleLine, bundleVersion } from "./bundleFormat.ts";
import { fileLines } from "./lines.ts";

/** Bytes of records appended by one write while a session is joined. */
const writeLimit = 1024 * 1024;

/** What one session of a bundle brought. */
export interface ImportedSession {
	readonly session: string;
	/** False when the store had it: then only records it lacked were added. */
	readonly created: boolean;
	/** Items whose first record is new here. */
	readonly items: number;
	readonly diagnostics: readonly Diagnostic[];
}

/** Whether a file that begins with these bytes says that it is a bundle. */
export function isBundle(head: Uint8Array): boolean {
	return Buffer.from(head).subarray(0, 200).toString("latin1").includes('"format":"skein-bundle"');
}

/**
 * Brings a bundle's sessions and blobs into a store, ancestors first. The sessions keep their ids; one that is there
 * already gets the records that it lacks (design: J3), so doing it twice changes nothing. The whole bundle is checked
 * before anything is stored. Throws a HumanError: `bad-bundle`, `not-stored`, `not-writable`, `busy` while a run writes a
 * session of it.
 */
export async function importBundle(
	store: WorkspaceStore,
	file: string,
): Promise<ImportedSession[]> {
	const sessions = await checkBundle(store.files, file);
	await store.ensure();
	await storeBlobs(store, file);
	const imported: ImportedSession[] = [];
	for (const session of sessions) {
		imported.push(
			await joinJournal(store, session, await journalBytes(store.files, file, session)),
		);
	}
	return imported;
}

/** Brings one journal file, wherever it lies, into a store: as {@link importBundle} does with the journals in a bundle. */
export async function importJournal(
	store: WorkspaceStore,
	id: string,
	bytes: Buffer,
): Promise<ImportedSession> {
	if (!isUlid(id)) {
		throw new HumanError(
			"bad-id",
			`The journal says that it is session "${id.slice(0, 80)}", which is not an id. Nothing was imported.`,
		);
	}
	await store.ensure();
	return joinJournal(store, id, bytes);
}

/** Reads all of a bundle once; returns the ids of its sessions. */
async function checkBundle(files: Files, file: string): Promise<readonly string[]> {
	const hash = createHash("sha256");
	let sessions: readonly string[] | undefined;
	const found = new Set<string>();
	const blobs = new BlobAssembly(async () => undefined);
	let ended = false;
	for await (const { bytes, value } of bundleLines(files, file)) {
		if (sessions === undefined) {
			sessions = readHeader(bytes);
		} else if (ended) {
			throw bad("There is something after its end.");
		} else if (value?.bundle === "end") {
			ended = hash.digest("hex") === value.sha256;
			if (!ended) {
				throw bad("Its content is not what its last line says it is.");
			}
			continue;
		} else if (value?.bundle === "journal") {
			requireId(value.session);
			found.add(value.session);
		} else if (value?.bundle === "blob") {
			await blobs.add(value);
		} else if (!value && found.size === 0) {
			throw bad("A line stands in no journal.");
		}
		hash.update(bytes);
	}
	if (!ended) {
		throw bad("It ends too early.");
	}
	return (sessions ?? []).filter((id) => found.has(id));
}

function readHeader(bytes: Buffer): readonly string[] {
	const header = BundleHeader.safeParse(parse(bytes));
	if (!header.success) {
		throw bad("Its first line is not that of a bundle.");
	}
	if (header.data.version > bundleVersion) {
		throw new HumanError(
			"bad-bundle",
			`This bundle was made by a newer Skein (format ${header.data.version}). Nothing was imported; update Skein to read it.`,
		);
	}
	return header.data.sessions;
}

async function storeBlobs(store: WorkspaceStore, file: string): Promise<void> {
	const keep = await store.keep();
	const blobs = new BlobAssembly(async (bytes, hash) => {
		await storing(hash, () => store.context.blobs.put(bytes, ""));
		await keep?.keepBlob(hash, store.layout.blobs).catch((error: unknown) => {
			store.keepFailure = `A copy of ${hash} could not be kept: ${causeInWords(error)}.`;
		});
	});
	for await (const { value } of bundleLines(store.files, file)) {
		if (value?.bundle === "blob") {
			await blobs.add(value);
		}
	}
}

/** Puts the parts of blobs together and hands out each that is what its name says. */
class BlobAssembly {
	private readonly done: (bytes: Buffer, hash: string) => Promise<void>;
	private parts: Buffer[] = [];
	private size = 0;

	constructor(done: (bytes: Buffer, hash: string) => Promise<void>) {
		this.done = done;
	}

	async add(part: Extract<BundleLine, { bundle: "blob" }>): Promise<void> {
		if (part.offset !== this.size || !Blobs.relativePath(part.blob)) {
			throw bad(`The parts of ${part.blob.slice(0, 80)} do not follow each other.`);
		}
		const bytes = Buffer.from(part.base64, "base64");
		this.parts.push(bytes);
		this.size += bytes.length;
		if (this.size < part.bytes && bytes.length > 0) {
			return;
		}
		const whole = Buffer.concat(this.parts);
		this.parts = [];
		this.size = 0;
		if (`sha256:${createHash("sha256").update(whole).digest("hex")}` !== part.blob) {
			throw bad(`The payload ${part.blob} is not what its name says.`);
		}
		await this.done(whole, part.blob);
	}
}

async function journalBytes(files: Files, file: string, session: string): Promise<Buffer> {
	const parts: Buffer[] = [];
	let inside = false;
	for await (const { bytes, value } of bundleLines(files, file)) {
		if (value?.bundle === "journal") {
			inside = value.session === session;
		} else if (inside && value?.bundle === "bytes") {
			parts.push(Buffer.from(value.base64, "base64"));
		} else if (inside && !value) {
			parts.push(bytes);
		}
	}
	return Buffer.concat(parts);
}

async function joinJournal(
	store: WorkspaceStore,
	id: string,
	bytes: Buffer,
): Promise<ImportedSession> {
	const file = store.layout.journal(id);
	const created = await storing(id, () => writeWhole(store.files, file, bytes, { replace: false }));
	if (created) {
		// Else no kept copy of a session that was purged here before would ever be offered again.
		await liftTombstones(store, [id]).catch(() => undefined);
	}
	const session = await store.open(id);
	const before = created ? 0 : session.state.items.size;
	if (!created) {
		await addMissing(store, session, bytes);
	}
	await store.keepJournal(id);
	return {
		session: id,
		created,
		items: session.state.items.size - before,
		diagnostics: session.journal.diagnostics,
	};
}

/** Appends the records of `bytes` that the session's journal lacks: a union of lines, in their order. */
async function addMissing(store: WorkspaceStore, session: Session, bytes: Buffer): Promise<void> {
	const known = new Set(recordLines(await store.files.readFile(session.file)));
	const missing = recordLines(bytes).filter((line) => !known.has(line));
	if (missing.length > 0) {
		await store.checkNoRun(session);
	}
	let lines = "";
	for (const line of missing) {
		if (known.has(line)) {
			continue;
		}
		known.add(line);
		lines += `${line}\n`;
		if (lines.length > writeLimit) {
			await session.write({ records: [], lines });
			lines = "";
		}
	}
	if (lines !== "") {
		await session.write({ records: [], lines });
	}
}

function recordLines(bytes: Buffer): string[] {
	const lines: string[] = [];
	const scanner = new JournalScanner({
		record: ({ offset, length }) => lines.push(bytes.toString("utf8", offset, offset + length)),
		damage: () => undefined,
	});
	scanner.push(bytes);
	scanner.settle();
	return lines;
}

interface ReadLine {
	readonly bytes: Buffer;
	/** Undefined for a line of a journal, and for the header. */
	readonly value: BundleLine | undefined;
}

async function* bundleLines(files: Files, file: string): AsyncGenerator<ReadLine> {
	const handle = await reading(file, () => files.open(file, "r"));
	try {
		let isFirst = true;
		for await (const bytes of fileLines(handle)) {
			if (isFirst || bytes.subarray(0, recordMarkBytes.length).equals(recordMarkBytes)) {
				isFirst = false;
				yield { bytes, value: undefined };
				continue;
			}
			const value = BundleLine.safeParse(parse(bytes));
			if (!value.success) {
				throw bad("A line of it cannot be read.");
			}
			yield { bytes, value: value.data };
		}
	} finally {
		await handle.close();
	}
}

function parse(bytes: Buffer): unknown {
	try {
		return JSON.parse(bytes.toString("utf8"));
	} catch (error) {
		if (error instanceof SyntaxError) {
			return undefined;
		}
		throw error;
	}
}

function requireId(id: string): void {
	if (!isUlid(id)) {
		throw bad(`"${id.slice(0, 80)}" is not the id of a session.`);
	}
}

function bad(what: string): HumanError {
	return new HumanError(
		"bad-bundle",
		`This bundle is damaged: it was cut or changed after it was made. ${what} Nothing was imported.`,
	);
}

async function storing<T>(what: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw error instanceof HumanError
			? error
			: new HumanError("not-stored", `${what} was not stored: ${causeInWords(error)}.`, {
					cause: error,
				});
	}
}

async function reading<T>(file: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw new HumanError(
			"unreadable",
			`The file ${file} could not be read: ${causeInWords(error)}.`,
			{ cause: error },
		);
	}
}
