import { createHash } from "node:crypto";
import * as path from "node:path";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { type Files, writeWhole } from "../files.ts";
import type { BlobRef } from "../model/blob.ts";

const hashPattern = /^sha256:([0-9a-f]{64})$/;

/** Payloads by the SHA-256 of their bytes (design: section 3): immutable, written once, the same file for the same bytes. */
export class Blobs {
	/** What the name of a blob ends with while it is made sure that nothing needs it. See `removeUnusedBlobs`. */
	static readonly asideSuffix = ".unused";

	private readonly files: Files;
	private readonly folder: string;
	/** Where a copy may be when the folder's own is gone. */
	private readonly keptFolder: () => Promise<string | undefined>;

	constructor(
		files: Files,
		folder: string,
		keptFolder: () => Promise<string | undefined> = async () => undefined,
	) {
		this.files = files;
		this.folder = folder;
		this.keptFolder = keptFolder;
	}

	/** Path of a blob below the blob folder; undefined for a text that is no blob's name. */
	static relativePath(hash: string): string | undefined {
		const hex = hashPattern.exec(hash)?.[1];
		return hex && path.join(hex.slice(0, 2), hex);
	}

	/**
	 * Stores bytes durably. Returns the reference to put in a record, and whether the blob is new. Throws a HumanError
	 * (`not-stored`).
	 */
	async put(bytes: Uint8Array, mime: string): Promise<{ ref: BlobRef; created: boolean }> {
		try {
			return await this.putNow(bytes, mime);
		} catch (error) {
			throw new HumanError(
				"not-stored",
				`A payload of ${bytes.length} bytes could not be stored in ${this.folder}: ${causeInWords(error)}. What needs it was not stored.`,
				{ cause: error },
			);
		}
	}

	/**
	 * The bytes of a blob, checked against its name; undefined when it is missing, is not what its name says, or is larger
	 * than `limit` bytes.
	 */
	async get(hash: string, limit = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
		const relative = Blobs.relativePath(hash);
		if (!relative) {
			return undefined;
		}
		const own =
			(await this.read(this.folder, relative, hash, limit)) ??
			(await this.read(this.folder, `${relative}${Blobs.asideSuffix}`, hash, limit));
		if (own) {
			return own;
		}
		const kept = await this.keptFolder();
		return kept === undefined ? undefined : this.read(kept, relative, hash, limit);
	}

	/** The text of a blob as UTF-8; undefined like {@link get}. */
	async text(hash: string, limit?: number): Promise<string | undefined> {
		return (await this.get(hash, limit))?.toString("utf8");
	}

	private async putNow(
		bytes: Uint8Array,
		mime: string,
	): Promise<{ ref: BlobRef; created: boolean }> {
		const hash = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
		const file = path.join(this.folder, Blobs.relativePath(hash) ?? "");
		const ref = { blob: hash, bytes: bytes.length, mime };
		if ((await this.holds(file, bytes)) && (await this.renew(file))) {
			return { ref, created: false };
		}
		await this.files.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
		await this.checkInside(path.dirname(file));
		// A file that does not hold what its name says is damaged, and is replaced.
		await writeWhole(this.files, file, bytes, { replace: true });
		return { ref, created: true };
	}

	/** A link inside the store, made by whoever made the repository, must not choose where we write. */
	private async checkInside(folder: string): Promise<void> {
		const [real, root] = await Promise.all([
			this.files.realpath(folder),
			this.files.realpath(this.folder),
		]);
		if (path.dirname(real) !== root) {
			throw new HumanError("outside", `${folder} is a symbolic link`);
		}
	}

	private async holds(file: string, bytes: Uint8Array): Promise<boolean> {
		try {
			const found = await this.files.lstat(file);
			return (
				found.isFile() &&
				found.size === bytes.length &&
				(await this.files.readFile(file)).equals(bytes)
			);
		} catch (error) {
			if (systemErrorCode(error) === "ENOENT") {
				return false;
			}
			throw error;
		}
	}

	/** Sets the time of a blob that is needed again, so that nobody takes it for unused. False when it has just gone. */
	private async renew(file: string): Promise<boolean> {
		try {
			const now = new Date();
			await this.files.utimes(file, now, now);
			return true;
		} catch (error) {
			if (systemErrorCode(error) === undefined) {
				throw error;
			}
			// Somebody else's file, or a disk that may only be read: nobody removes it.
			return systemErrorCode(error) !== "ENOENT";
		}
	}

	private async read(
		folder: string,
		relative: string,
		hash: string,
		limit: number,
	): Promise<Buffer | undefined> {
		const file = path.join(folder, relative);
		try {
			const stat = await this.files.lstat(file);
			// A link, made by whoever made the repository, may lead to anything, and to what never ends.
			if (!stat.isFile() || stat.size > limit) {
				return undefined;
			}
			const bytes = await this.files.readFile(file);
			const found = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
			return found === hash ? bytes : undefined;
		} catch (error) {
			if (systemErrorCode(error) !== undefined) {
				return undefined;
			}
			throw error;
		}
	}
}
