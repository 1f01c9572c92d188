import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { HumanError } from "../../base/errors.ts";
import { nodeFiles } from "../files.ts";
import { isUlid } from "../journal/ids.ts";
import type { Locations } from "../locations.ts";
import { readStoreStatus, StoreLayout } from "../store/layout.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { IndexDatabase } from "./database.ts";

/**
 * Which database belongs to which store, and the one of all sources: all in the user's cache folder.
 * Guarantees: a copy of a folder has an index of its own, a folder that was moved does not read its old place's; where no
 * file can be kept there is one in memory, and {@link notices} says so.
 */
export class IndexFiles {
	readonly notices: string[] = [];
	private readonly folder: string;
	private readonly onlyExisting: boolean;

	/** @param onlyExisting open only what is there, and make nothing. */
	constructor(locations: Locations, onlyExisting: boolean) {
		this.folder = path.join(locations.cache, "index");
		this.onlyExisting = onlyExisting;
	}

	sources(): IndexDatabase | undefined {
		return this.open("sources");
	}

	/** Undefined while the folder has no store. */
	async store(store: WorkspaceStore): Promise<IndexDatabase | undefined> {
		const status = await store.status();
		switch (status.kind) {
			case "none":
				return undefined;
			case "ready":
				break;
			default:
				// It is read as far as it goes, but has no name to keep an index under.
				return IndexDatabase.memory();
		}
		const { storeId } = status;
		// The id is read from the workspace: it must not lead out of our folder.
		const name = isUlid(storeId) ? storeId : hashOf(storeId);
		const folder = await store.files.realpath(store.folder);
		const db = this.open(name);
		const owner = db?.meta("folder");
		if (!db || owner === undefined || owner === folder) {
			db?.setMeta("folder", folder);
			return db;
		}
		const other = await readStoreStatus(nodeFiles, new StoreLayout(owner));
		if (other.kind === "ready" && other.storeId === storeId) {
			// A copy of the folder: both are there, and their sessions go separate ways.
			db.close();
			const own = this.open(`${name}-${hashOf(folder)}`);
			own?.setMeta("folder", folder);
			return own;
		}
		if (this.onlyExisting) {
			db.close();
			return undefined;
		}
		// The folder was moved: paths in the rows are those of its old place.
		db.erase();
		db.setMeta("folder", folder);
		return db;
	}

	private open(name: string): IndexDatabase | undefined {
		const file = path.join(this.folder, `${name}.db`);
		if (this.onlyExisting && !existsSync(file)) {
			return undefined;
		}
		const db = new IndexDatabase(file);
		try {
			db.current();
			return db;
		} catch (error) {
			if (error instanceof HumanError && error.reason !== "no-sqlite") {
				this.notices.push(
					`${error.message} It is made in memory instead, and is gone with this process.`,
				);
				return IndexDatabase.memory();
			}
			throw error;
		}
	}
}

function hashOf(text: string): string {
	return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
