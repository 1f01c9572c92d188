import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { HumanError, systemErrorCode } from "../../base/errors.ts";
import { imageLimit, type PromptImage } from "../../protocol/live.ts";
import { imageType } from "./images.ts";

/** What agents take. */
const taken = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
/** Images of prompts that nobody has sent for so long are removed. ms. */
const keptFor = 14 * 24 * 60 * 60 * 1000;
const hashes = /^sha256:[0-9a-f]{64}$/;

/**
 * Images that were attached to prompts and are not sent yet, in VS Code's own folder for this workspace: they outlive a
 * reload as the text beside them does. Once sent they are in the session's store.
 */
export class PromptImages {
	private readonly folder: string | undefined;
	private cleaned: Promise<void> | undefined;

	constructor(storage: vscode.Uri | undefined) {
		this.folder = storage && path.join(storage.fsPath, "promptImages");
	}

	/** Throws a HumanError: `no-image`, `too-large`, `no-folder`. */
	async put(name: string, claimed: string, bytes: Uint8Array): Promise<PromptImage> {
		const mime = imageType(bytes, claimed);
		if (mime === undefined || !taken.has(mime)) {
			throw new HumanError(
				"no-image",
				vscode.l10n.t(
					"{0} was not attached: only PNG, JPEG, GIF and WebP images can be sent.",
					name,
				),
			);
		}
		if (bytes.length > imageLimit) {
			const most = imageLimit / 1024 / 1024;
			throw new HumanError(
				"too-large",
				vscode.l10n.t("{0} was not attached: it is larger than {1} MB.", name, most),
			);
		}
		const hash = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
		const file = this.fileOf(hash);
		if (file === undefined) {
			throw new HumanError(
				"no-folder",
				vscode.l10n.t("{0} was not attached: no folder is open to keep it for.", name),
			);
		}
		await mkdir(path.dirname(file), { recursive: true });
		await writeFile(`${file}.part`, bytes);
		await rename(`${file}.part`, file);
		this.cleaned ??= this.clean();
		return { hash, mime, name };
	}

	/** Undefined when there is no such image. */
	async read(hash: string): Promise<Uint8Array | undefined> {
		const file = this.fileOf(hash);
		try {
			return file === undefined ? undefined : await readFile(file);
		} catch (error) {
			if (systemErrorCode(error) === "ENOENT") {
				return undefined;
			}
			throw error;
		}
	}

	private fileOf(hash: string): string | undefined {
		return this.folder && hashes.test(hash)
			? path.join(this.folder, hash.slice("sha256:".length))
			: undefined;
	}

	private async clean(): Promise<void> {
		const { folder } = this;
		for (const name of folder ? await readdir(folder) : []) {
			const file = path.join(folder ?? "", name);
			const { mtimeMs } = await stat(file);
			if (Date.now() - mtimeMs > keptFor) {
				await rm(file, { force: true });
			}
		}
	}
}
