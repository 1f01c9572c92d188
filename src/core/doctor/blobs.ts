import { createHash } from "node:crypto";
import * as path from "node:path";
import { causeInWords, systemErrorCode } from "../../base/errors.ts";
import { collect } from "../export/blobNames.ts";
import { fileLines } from "../export/lines.ts";
import { JournalScanner } from "../journal/scan.ts";
import { Blobs } from "../store/blobs.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import type { Damage } from "./doctor.ts";

const chunkSize = 1024 * 1024;
const hint = Buffer.from('"sha256:');

/** The blobs of a store: whether those that records name are there, and whether each is what its name says. */
export class BlobCheck {
	private readonly store: WorkspaceStore;
	/** For each blob that is named, the first session that names it. */
	private readonly named = new Map<string, string>();

	constructor(store: WorkspaceStore) {
		this.store = store;
	}

	/** Takes note of the blobs that a journal's records name. */
	async collect(session: string, file: string): Promise<void> {
		const names = new Set<string>();
		const scanner = new JournalScanner({
			record: ({ value }) => collect(value, names),
			damage: () => undefined,
		});
		const handle = await this.store.files.open(file, "r");
		try {
			for await (const line of fileLines(handle)) {
				if (line.includes(hint)) {
					scanner.push(line);
				}
			}
		} finally {
			await handle.close();
		}
		scanner.settle();
		for (const name of names) {
			if (!this.named.has(name)) {
				this.named.set(name, session);
			}
		}
	}

	async check(): Promise<Damage[]> {
		const { blobs: folder } = this.store.layout;
		const damage: Damage[] = [];
		const present = new Set<string>();
		for (const shard of await this.names(folder)) {
			for (const name of await this.names(path.join(folder, shard))) {
				const file = path.join(folder, shard, name);
				const hash = `sha256:${name}`;
				if (Blobs.relativePath(hash) !== path.join(shard, name)) {
					damage.push(about(null, file, "info", "This file is not a payload; it was passed over."));
					continue;
				}
				present.add(hash);
				const found = await this.hashOf(file);
				if (found !== hash) {
					damage.push(about(this.named.get(hash) ?? null, file, "warning", foundInstead(found)));
				}
			}
		}
		for (const [hash, session] of this.named) {
			if (!present.has(hash)) {
				damage.push(await this.missing(hash, session));
			}
		}
		return damage;
	}

	private async missing(hash: string, session: string): Promise<Damage> {
		const relative = Blobs.relativePath(hash) ?? "";
		const file = path.join(this.store.layout.blobs, relative);
		const keep = await this.store.keep();
		const kept = keep && (await this.hashOf(path.join(keep.blobFolder, relative))) === hash;
		return kept
			? about(
					session,
					file,
					"info",
					"This payload is gone from the folder; its kept copy is shown.",
				)
			: about(session, file, "warning", "This payload, which the session names, is missing.");
	}

	/** The name that a file's bytes ask for, or why they cannot be read. */
	private async hashOf(file: string): Promise<string> {
		try {
			if (!(await this.store.files.lstat(file)).isFile()) {
				// A link may lead to anything, and to what never ends.
				return "it is a link, or no file";
			}
			const handle = await this.store.files.open(file, "r");
			try {
				const hash = createHash("sha256");
				const buffer = Buffer.allocUnsafe(chunkSize);
				for (let position = 0; ; ) {
					const { bytesRead } = await handle.read(buffer, 0, chunkSize, position);
					if (bytesRead === 0) {
						return `sha256:${hash.digest("hex")}`;
					}
					hash.update(buffer.subarray(0, bytesRead));
					position += bytesRead;
				}
			} finally {
				await handle.close();
			}
		} catch (error) {
			if (systemErrorCode(error) === undefined) {
				throw error;
			}
			return causeInWords(error);
		}
	}

	private async names(folder: string): Promise<string[]> {
		try {
			return await this.store.files.readdir(folder);
		} catch (error) {
			if (systemErrorCode(error) === undefined) {
				throw error;
			}
			return [];
		}
	}
}

function foundInstead(found: string): string {
	return found.startsWith("sha256:")
		? "The bytes of this payload are not those that its name says; it is not shown."
		: `This payload could not be read: ${found}.`;
}

function about(
	session: string | null,
	file: string,
	severity: Damage["severity"],
	reason: string,
): Damage {
	return { session, file, offset: 0, line: 0, severity, reason };
}
