import { createHash } from "node:crypto";
import * as path from "node:path";
import { systemErrorCode } from "../../base/errors.ts";
import { type Files, sameFile } from "../files.ts";
import type { Source, SourceFile } from "../sources/source.ts";
import { extendCopy, linkBeside, putInPlace, uniqueName } from "../store/copies.ts";

/** Compressed files stand for the file of that name. */
const compressed = /\.zst$/;

/**
 * Kept copies of a source's session files (design: section 3): hard links in the user's data folder, so that a tool's
 * own clean-up cannot take history away. The layout below each root is the source's own, so a kept file is read like
 * any other.
 */
export class SourceKeep {
	private readonly files: Files;
	private readonly folder: string;
	private readonly roots: readonly string[];

	constructor(files: Files, dataFolder: string, source: Source) {
		this.files = files;
		this.folder = path.join(dataFolder, "keep", "sources", source.name);
		this.roots = source.roots;
	}

	/** Keeps session files: links each, or copies it where links cannot be. Throws a system error when neither works. */
	async keep(paths: readonly string[]): Promise<void> {
		for (const file of paths) {
			const kept = this.keptPath(file);
			if (kept !== undefined && !(await this.isCurrent(file, kept))) {
				await this.files.mkdir(path.dirname(kept), { recursive: true, mode: 0o700 });
				await this.link(file, kept);
			}
		}
	}

	/** Kept files of which the source has no file of that name any more, wherever it may have moved it. */
	async deleted(present: readonly SourceFile[]): Promise<SourceFile[]> {
		const names = new Set(present.map((file) => nameOf(file.path)));
		const deleted: SourceFile[] = [];
		for (const file of await this.keptFiles(this.folder)) {
			if (!names.has(nameOf(file.path))) {
				names.add(nameOf(file.path));
				deleted.push(file);
			}
		}
		return deleted;
	}

	/** Whether a path is one of the kept copies. */
	holds(file: string): boolean {
		return file.startsWith(this.folder + path.sep);
	}

	private keptPath(file: string): string | undefined {
		for (const root of this.roots) {
			const relative = path.relative(root, file);
			if (!relative.startsWith("..") && !path.isAbsolute(relative)) {
				const home = createHash("sha256").update(root).digest("hex").slice(0, 16);
				return path.join(this.folder, home, relative);
			}
		}
		return undefined;
	}

	private async isCurrent(file: string, kept: string): Promise<boolean> {
		const [source, copy] = await Promise.all([this.statOf(file), this.statOf(kept)]);
		if (!source) {
			return true;
		}
		return (
			copy !== undefined &&
			(sameFile(source, copy) || (source.dev !== copy.dev && source.size === copy.size))
		);
	}

	/** A file that replaces the kept one is longer in all that a tool does; a shorter one does not take its place. */
	private async link(file: string, kept: string): Promise<void> {
		const [source, copy] = await Promise.all([this.statOf(file), this.statOf(kept)]);
		if (copy && source && source.size < copy.size) {
			return;
		}
		const isElsewhere = copy !== undefined && copy.dev !== source?.dev;
		const link = isElsewhere ? undefined : await linkBeside(this.files, file, kept);
		if (link !== undefined) {
			await putInPlace(this.files, link, kept);
		} else if (!copy || !(await extendCopy(this.files, file, kept))) {
			const whole = uniqueName(kept, "tmp");
			await this.files.copyFile(file, whole);
			await putInPlace(this.files, whole, kept);
		}
	}

	private async keptFiles(folder: string): Promise<SourceFile[]> {
		let entries: Awaited<ReturnType<typeof this.list>>;
		try {
			entries = await this.list(folder);
		} catch (error) {
			if (systemErrorCode(error) === "ENOENT") {
				return [];
			}
			throw error;
		}
		const found: SourceFile[] = [];
		for (const entry of entries) {
			const file = path.join(folder, entry.name);
			if (entry.isDirectory()) {
				found.push(...(await this.keptFiles(file)));
			} else if (entry.isFile() && !entry.name.endsWith(".tmp")) {
				const { size, mtimeMs } = await this.files.stat(file);
				found.push({ path: file, size, mtimeMs });
			}
		}
		return found;
	}

	private list(folder: string) {
		return this.files.readdir(folder, { withFileTypes: true });
	}

	private async statOf(file: string) {
		try {
			return await this.files.stat(file, { bigint: true });
		} catch (error) {
			if (systemErrorCode(error) === "ENOENT") {
				return undefined;
			}
			throw error;
		}
	}
}

function nameOf(file: string): string {
	return path.basename(file).replace(compressed, "");
}
