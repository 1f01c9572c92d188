import * as path from "node:path";
import * as z from "zod/mini";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { type Files, writeWhole } from "../files.ts";
import { isUlid, newId } from "../journal/ids.ts";
import type { StoreStatus } from "./status.ts";

/** The version of the store's layout that this code writes. */
export const storeVersion = 1;

const StoreFile = z.looseObject({
	format: z.literal("skein-store"),
	version: z.number(),
	storeId: z.string(),
});

/** Where things stand below a workspace folder (design: section 3). Pure: no disk is touched. */
export class StoreLayout {
	/** Absolute workspace folder. */
	readonly folder: string;
	readonly root: string;

	constructor(folder: string) {
		this.folder = path.resolve(folder);
		this.root = path.join(this.folder, ".vscode", "skein");
	}
	get storeFile(): string {
		return path.join(this.root, "store.json");
	}
	get sessions(): string {
		return path.join(this.root, "sessions");
	}
	get blobs(): string {
		return path.join(this.root, "blobs");
	}
	/** Ids of purged sessions, one JSON object a line: sync must not bring them back. */
	get tombstones(): string {
		return path.join(this.root, "purged.jsonl");
	}
	/** Path of a session's journal. `id` must have been checked with `isUlid`. */
	journal(id: string): string {
		return path.join(this.sessions, `${id}.jsonl`);
	}
	/** Where a journal is written before it gets its name. */
	making(id: string): string {
		return path.join(this.root, `${id}.jsonl`);
	}
	purging(id: string): string {
		return path.join(this.sessions, `${id}.purging`);
	}
}

/** Reads how the store of a folder stands. Throws nothing for what is on disk. */
export async function readStoreStatus(files: Files, layout: StoreLayout): Promise<StoreStatus> {
	const outside = await leadsOut(files, layout);
	if (outside) {
		return { kind: "unreadable", reason: outside };
	}
	let text: string;
	try {
		text = await files.readFile(layout.storeFile, "utf8");
	} catch (error) {
		const code = systemErrorCode(error);
		return code === "ENOENT" || code === "ENOTDIR"
			? { kind: "none" }
			: {
					kind: "unreadable",
					reason: `The store of this folder cannot be read: ${causeInWords(error)}.`,
				};
	}
	const parsed = StoreFile.safeParse(parseJson(text));
	if (!parsed.success || !isUlid(parsed.data.storeId)) {
		return {
			kind: "unreadable",
			reason: `${layout.storeFile} is not a Skein store file. Its sessions are shown; nothing is written until it is repaired or removed.`,
		};
	}
	return parsed.data.version > storeVersion
		? { kind: "newer", version: parsed.data.version }
		: { kind: "ready", storeId: parsed.data.storeId };
}

/**
 * The id of a store that can be written to, made when the folder has none. Two processes may do this at once: one makes
 * it, both get the same id. Throws a HumanError (`not-writable`).
 */
export async function ensureStore(
	files: Files,
	layout: StoreLayout,
	now: number,
	preferredId = newId(now),
): Promise<string> {
	const status = await readStoreStatus(files, layout);
	if (status.kind === "ready") {
		await makeSessionsFolder(files, layout);
		return status.storeId;
	}
	if (status.kind === "newer") {
		throw new HumanError(
			"not-writable",
			`The sessions in ${layout.folder} were written by a newer Skein (format ${status.version}). Nothing was changed; update Skein to change them.`,
		);
	}
	if (status.kind === "unreadable") {
		throw new HumanError("not-writable", `${status.reason} Nothing was changed.`);
	}
	try {
		return await makeStore(files, layout, now, preferredId);
	} catch (error) {
		if (error instanceof HumanError) {
			throw error;
		}
		throw new HumanError(
			"not-writable",
			`Sessions could not be stored in ${layout.root}: ${causeInWords(error)}. Nothing was changed.`,
			{ cause: error },
		);
	}
}

/** It may have been removed with all sessions in it: what is kept can only be restored into a folder. */
async function makeSessionsFolder(files: Files, layout: StoreLayout): Promise<void> {
	try {
		await files.mkdir(layout.sessions, { recursive: true, mode: 0o700 });
	} catch (error) {
		throw new HumanError(
			"not-writable",
			`Sessions could not be stored in ${layout.root}: ${causeInWords(error)}. Nothing was changed.`,
			{ cause: error },
		);
	}
}

async function makeStore(
	files: Files,
	layout: StoreLayout,
	now: number,
	storeId: string,
): Promise<string> {
	for (const folder of [layout.root, layout.sessions, layout.blobs]) {
		await files.mkdir(folder, { recursive: true, mode: 0o700 });
	}
	const outside = await leadsOut(files, layout);
	if (outside) {
		throw new HumanError("not-writable", `${outside} Nothing was changed.`);
	}
	await writeWhole(files, path.join(layout.root, ".gitignore"), gitignore, { replace: false });
	await writeWhole(files, path.join(layout.root, ".gitattributes"), "* -text\n", {
		replace: false,
	});
	const store = {
		format: "skein-store",
		version: storeVersion,
		storeId,
		createdAt: new Date(now).toISOString(),
	};
	if (await writeWhole(files, layout.storeFile, `${JSON.stringify(store)}\n`, { replace: false })) {
		return store.storeId;
	}
	return ensureStore(files, layout, now);
}

const gitignore = ["*", "!/published/", "!/published/**", ""].join("\n");

/** A sentence when a symbolic link leads the store out of its folder: a cloned repository must not choose where we write. */
export async function leadsOut(
	files: Files,
	layout: StoreLayout,
	places: readonly ("root" | "sessions" | "blobs")[] = ["root", "sessions", "blobs"],
): Promise<string | undefined> {
	const [folder, ...inside] = await Promise.all(
		[layout.folder, ...places.map((name) => layout[name])].map((place) => realpathOf(files, place)),
	);
	const stray = inside.find(
		(place) => place !== undefined && folder !== undefined && !isInside(place, folder),
	);
	return stray === undefined
		? undefined
		: `The store of ${layout.folder} is a symbolic link to ${stray}, outside of the folder; it is not used.`;
}

function isInside(place: string, folder: string): boolean {
	const relative = path.relative(folder, place);
	return !relative.startsWith("..") && !path.isAbsolute(relative);
}

async function realpathOf(files: Files, place: string): Promise<string | undefined> {
	try {
		return await files.realpath(place);
	} catch (error) {
		if (systemErrorCode(error) !== undefined) {
			return undefined;
		}
		throw error;
	}
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
