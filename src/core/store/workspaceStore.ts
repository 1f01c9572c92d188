import * as path from "node:path";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { type Files, nodeFiles } from "../files.ts";
import { encodeRecord } from "../journal/framing.ts";
import { isUlid, newId } from "../journal/ids.ts";
import { Journal } from "../journal/journal.ts";
import { createJournal } from "../journal/writer.ts";
import type { Locations } from "../locations.ts";
import type { BlobRef } from "../model/blob.ts";
import { headItem } from "../model/chain.ts";
import { JournalRecord, journalVersion, type SessionHeader } from "../model/record.ts";
import { itemStatus } from "../model/state.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { Source } from "../sources/source.ts";
import type { JournalTranscript } from "../transcript/journalTranscript.ts";
import { resolveLineage } from "../transcript/lineage.ts";
import { type Adoption, adoptSession } from "./adopt.ts";
import { Blobs } from "./blobs.ts";
import { forkTitle } from "./forkTitle.ts";
import { Keep } from "./keep.ts";
import { findKept, restoreKept } from "./kept.ts";
import { ensureStore, leadsOut, readStoreStatus, StoreLayout } from "./layout.ts";
import { checkNoRun, type FindRun } from "./openRuns.ts";
import { findForks, liftTombstones, purgeSession } from "./purge.ts";
import { recover } from "./recover.ts";
import { checkTitle, Session, type SessionContext } from "./session.ts";
import type { KeptSession, StoreStatus } from "./status.ts";

export interface StoreOptions {
	readonly files?: Files;
	/** ms since the epoch. */
	readonly clock?: () => number;
	/** Asks this machine's daemon; without it no run of this machine's is known. */
	readonly findRun?: FindRun;
}

/** Sessions kept open for reading and writing, the least recently used closed first. */
const openLimit = 64;

/**
 * The store of one workspace folder (design: section 3): creates, opens, forks and purges sessions. Making one touches
 * no disk; `.vscode/skein` appears with the first session. Any number of processes may use one folder at once.
 */
export class WorkspaceStore {
	readonly layout: StoreLayout;
	readonly files: Files;
	readonly locations: Locations;
	readonly clock: () => number;
	private readonly sessions = new Map<string, Promise<Session>>();
	/** What the sessions of this store share. */
	readonly context: SessionContext;
	/** Why copies are not being kept, as a sentence; undefined while they are. */
	keepFailure: string | undefined;
	private readonly findRun: FindRun;
	private keepOfStore: Promise<Keep | undefined> | undefined;
	private writable: Promise<void> | undefined;
	private claimed = false;

	constructor(folder: string, locations: Locations, options: StoreOptions = {}) {
		this.layout = new StoreLayout(folder);
		this.locations = locations;
		this.files = options.files ?? nodeFiles;
		this.clock = options.clock ?? Date.now;
		this.findRun = options.findRun ?? (async () => undefined);
		this.context = {
			files: this.files,
			clock: this.clock,
			folder: this.folder,
			blobs: new Blobs(this.files, this.layout.blobs, async () => (await this.keep())?.blobFolder),
			load: async (id) => (await this.open(id)).journal,
			checkWritable: () => this.checkWritable(),
			keepBlob: (hash) => this.keepBlob(hash),
			keepJournal: (id) => this.keepJournal(id),
		};
	}

	/** Absolute workspace folder. */
	get folder(): string {
		return this.layout.folder;
	}

	/** `<folder>/.vscode/skein`. */
	get root(): string {
		return this.layout.root;
	}

	status(): Promise<StoreStatus> {
		return readStoreStatus(this.files, this.layout);
	}

	/** Makes a session, with an id made earlier if one is given. Throws a HumanError (`not-writable`, `not-stored`). */
	async create(
		options: { id?: string; title?: string; agent?: string; model?: string; cwd?: string } = {},
	): Promise<Session> {
		checkTitle(options.title?.trim() ?? "");
		const header = {
			title: options.title?.trim() ?? "",
			agent: options.agent ?? null,
			model: options.model ?? null,
			cwd: this.relativeCwd(options.cwd ?? this.folder),
			origin: null,
		};
		return this.createFrom(header, options.id);
	}

	/** Makes a session with a given header. */
	async createFrom(header: Omit<SessionHeader, "id">, givenId?: string): Promise<Session> {
		await this.ensure();
		const now = this.clock();
		const id = givenId ?? newId(now);
		checkId(id);
		const record = JournalRecord.parse({
			v: journalVersion,
			// The first record of a journal has the lowest id: the session's own.
			id,
			ts: new Date(now).toISOString(),
			type: "session.created",
			format: "skein-journal",
			session: { id, ...header },
		});
		const file = this.layout.journal(id);
		await createJournal(this.files, file, this.layout.sessions, encodeRecord(record));
		await this.keepJournal(id);
		return this.open(id);
	}

	/**
	 * A session by id, shared among callers. Throws a HumanError: `bad-id` for a text that is no id, `no-such-session`,
	 * `outside` for a journal that is a symbolic link, `unreadable-journal`.
	 */
	async open(id: string): Promise<Session> {
		checkId(id);
		const known = this.sessions.get(id);
		if (known) {
			this.sessions.delete(id);
			this.sessions.set(id, known);
			const session = await this.refreshed(known);
			if (session) {
				return session;
			}
			this.sessions.delete(id);
		}
		const opening = this.openNow(id);
		this.sessions.set(id, opening);
		opening.catch(() => this.sessions.delete(id));
		await this.closeOldest();
		return opening;
	}

	/** Whether a session is held in memory, so that opening it reads only what is new. */
	isOpen(id: string): boolean {
		return this.sessions.has(id);
	}

	/**
	 * Makes a session that continues `parentId` from item `at` on, up to and including it; the parent's head when it is
	 * not given. Copies nothing. Throws a HumanError: `no-such-item`, `running-item`.
	 */
	async fork(parentId: string, at?: string): Promise<Session> {
		const parent = await this.open(parentId);
		const point = at ?? headItem(parent.state);
		if (point !== null) {
			await this.checkForkPoint(parent, point);
		}
		const { title } = await parent.summary();
		const header = parent.state.header?.session;
		const child = await this.createFrom({
			title: title === "" ? "" : forkTitle(title),
			agent: header?.agent ?? null,
			model: header?.model ?? null,
			cwd: header?.cwd ?? ".",
			origin: null,
			parent: { session: parentId, at: point },
		});
		await this.secureParent(parentId, child.id);
		return child;
	}

	/** Throws what {@link fork} would throw about the point, and makes nothing. */
	async checkFork(parentId: string, at: string): Promise<void> {
		await this.checkForkPoint(await this.open(parentId), at);
	}

	/**
	 * Removes trashed sessions for good (design: section 5). Throws a HumanError: `not-in-trash`; `needed-by-forks`, with
	 * their titles, unless `withForks` is set, which removes the forks as well; `unreadable-journal` when one journal of
	 * the folder cannot be searched for forks.
	 */
	async purge(id: string, options: { withForks?: boolean } = {}): Promise<{ purged: string[] }> {
		checkId(id);
		await this.checkWritable();
		const purged = await purgeSession(this, id, options.withForks ?? false).catch((error) => {
			throw inWords(error, "not-purged", (cause) => {
				return `The purge did not come to its end: ${cause}. Look at the trash again: what is still there can be purged again.`;
			});
		});
		for (const gone of purged) {
			await this.sessions.get(gone)?.then((session) => session.close());
			this.sessions.delete(gone);
		}
		return { purged };
	}

	/** The sessions forked from `id`, whatever has become of them. Throws a HumanError when a journal cannot be searched. */
	async forksOf(id: string): Promise<{ id: string; title: string }[]> {
		const forks = await findForks(this);
		return forks.filter((fork) => fork.parent === id);
	}

	/** A transcript for reading only. Throws like {@link open}. */
	async transcript(id: string): Promise<JournalTranscript> {
		return (await this.open(id)).transcript();
	}

	/** Sessions whose journals are gone from this folder and of which copies are kept. Writes nothing. */
	kept(): Promise<KeptSession[]> {
		return findKept(this);
	}

	/** Puts kept sessions back, all of them or those named. Returns the ids of those that are back. */
	restoreKept(ids?: readonly string[]): Promise<string[]> {
		return restoreKept(this, ids);
	}

	/** Links or copies a journal into the user's data folder. A failure there never fails the session's own work. */
	async keepJournal(id: string): Promise<boolean> {
		try {
			const keep = await this.claimKeep();
			return (await keep?.keepJournal(id, this.layout.journal(id))) ?? false;
		} catch (error) {
			if (!(await this.has(id))) {
				// It was purged meanwhile: there is nothing to keep.
				return false;
			}
			this.keepFailure = `A copy of session ${id} could not be kept: ${causeInWords(error)}.`;
			return false;
		}
	}

	/** Closes all files. The store may be used again. */
	async close(): Promise<void> {
		const open = [...this.sessions.values()];
		this.sessions.clear();
		for (const session of await Promise.allSettled(open)) {
			if (session.status === "fulfilled") {
				await session.value.close();
			}
		}
	}

	/** The store's id; makes the store when there is none. Throws a HumanError (`not-writable`). */
	async ensure(preferredId?: string): Promise<string> {
		const storeId = await ensureStore(this.files, this.layout, this.clock(), preferredId);
		this.writable ??= recover(this);
		await this.untilWritable(this.writable);
		return storeId;
	}

	/** The kept copies of this store; undefined while there is no store. */
	async keep(): Promise<Keep | undefined> {
		this.keepOfStore ??= this.openKeep();
		const keep = await this.keepOfStore;
		if (!keep) {
			this.keepOfStore = undefined;
		}
		return keep;
	}

	/** Whether the folder holds a session's journal. */
	async has(id: string): Promise<boolean> {
		try {
			await this.journalPath(id);
			return true;
		} catch (error) {
			if (error instanceof HumanError && error.reason === "no-such-session") {
				return false;
			}
			throw error;
		}
	}

	/** Stores a payload, and a copy of it. */
	async putBlob(bytes: Uint8Array, mime: string): Promise<{ ref: BlobRef; created: boolean }> {
		const stored = await this.context.blobs.put(bytes, mime);
		if (stored.created) {
			await this.keepBlob(stored.ref.blob);
		}
		return stored;
	}

	/** Makes a source's session one of ours, or brings in what has grown. See {@link adoptSession}. */
	adopt(source: Source, summary: SessionSummary): Promise<Adoption> {
		return adoptSession(this, source, summary);
	}

	/** Throws a HumanError (`busy`) while a run writes turns of this session. See {@link checkNoRun}. */
	async checkNoRun(session: Session): Promise<void> {
		await session.refresh();
		await checkNoRun(session.state, this.clock(), this.findRun);
	}

	/** A path of this store's sessions folder, checked to be a file of its own and not a link out of the store. */
	async journalPath(id: string): Promise<string> {
		const file = this.layout.journal(id);
		try {
			if ((await this.files.lstat(file)).isSymbolicLink()) {
				throw new HumanError(
					"outside",
					`The journal of session ${id} is a symbolic link. It was not opened: a link may lead out of the store.`,
				);
			}
		} catch (error) {
			const code = systemErrorCode(error);
			if (code === "ENOENT" || code === "ENOTDIR") {
				throw new HumanError("no-such-session", `There is no session ${id} in ${this.folder}.`);
			}
			if (code !== undefined) {
				throw new HumanError(
					"unreadable-journal",
					`The journal of session ${id} could not be read: ${causeInWords(error)}.`,
					{ cause: error },
				);
			}
			throw error;
		}
		return file;
	}

	/** An open session brought up to date; undefined when its journal is gone. */
	private async refreshed(opening: Promise<Session>): Promise<Session | undefined> {
		const session = await opening;
		try {
			await session.refresh();
			return session;
		} catch (error) {
			if (error instanceof HumanError && error.reason === "missing-journal") {
				return undefined;
			}
			throw error;
		}
	}

	private async openNow(id: string): Promise<Session> {
		const outside = await leadsOut(this.files, this.layout, ["sessions"]);
		if (outside) {
			throw new HumanError("outside", outside);
		}
		const journal = await Journal.open(await this.journalPath(id), this.files, this.clock);
		return new Session(journal, this.context);
	}

	private async claimKeep(): Promise<Keep | undefined> {
		const keep = await this.keep();
		if (keep && !this.claimed) {
			await keep.claim(await this.files.realpath(this.folder));
			this.claimed = true;
		}
		return keep;
	}

	private async openKeep(): Promise<Keep | undefined> {
		const status = await this.status();
		if (status.kind !== "ready") {
			return undefined;
		}
		return new Keep(this.files, this.locations.data, status.storeId);
	}

	private async keepBlob(hash: string): Promise<void> {
		try {
			const keep = await this.claimKeep();
			await keep?.keepBlob(hash, this.layout.blobs);
		} catch (error) {
			this.keepFailure = `A copy of ${hash} could not be kept: ${causeInWords(error)}.`;
		}
	}

	/** Looks once: what a store is does not change under a running window but by an update, which starts a new one. */
	private async checkWritable(): Promise<void> {
		this.writable ??= this.checkOnce();
		await this.untilWritable(this.writable);
	}

	/** A failure is not remembered: the next write looks again. */
	private async untilWritable(check: Promise<void>): Promise<void> {
		try {
			await check;
		} catch (error) {
			this.writable = undefined;
			throw inWords(error, "not-writable", (cause) => {
				return `The sessions in ${this.folder} could not be looked at: ${cause}. Nothing was changed.`;
			});
		}
	}

	private async checkOnce(): Promise<void> {
		await ensureStore(this.files, this.layout, this.clock());
		await recover(this);
	}

	private async closeOldest(): Promise<void> {
		for (const [id, session] of this.sessions) {
			if (this.sessions.size <= openLimit) {
				return;
			}
			this.sessions.delete(id);
			// One that could not be opened has nothing to close, and is nobody else's failure.
			await session.then(
				(open) => open.close(),
				() => undefined,
			);
		}
	}

	private async checkForkPoint(parent: Session, item: string): Promise<void> {
		// Its own items, and those it inherits: not what its ancestors did after it left them.
		const from = parent.state.items.has(item) ? item : (parent.state.parent?.at ?? null);
		const { segments } = await resolveLineage(parent.journal, this.context.load, from);
		const owner = segments.find((segment) => segment.items.includes(item))?.journal;
		const state = owner?.state.items.get(item);
		if (!owner || !state) {
			throw new HumanError(
				"no-such-item",
				`Session ${parent.id} has no item ${item}. No fork was made.`,
			);
		}
		if (itemStatus(state, owner.state.turns.get(state.turn)) === "running") {
			throw new HumanError(
				"running-item",
				"This item is still running. No fork was made; fork from an item that is complete.",
			);
		}
	}

	/** A purge of the parent may have run at the same time: then either the parent is put back or the fork goes. */
	private async secureParent(parentId: string, childId: string): Promise<void> {
		const file = this.layout.journal(parentId);
		try {
			await this.files.lstat(file);
			return;
		} catch (error) {
			if (systemErrorCode(error) !== "ENOENT") {
				await this.discard(childId);
				throw inWords(error, "unreadable-journal", (cause) => {
					return `Session ${parentId} could not be looked at: ${cause}. No fork was made.`;
				});
			}
		}
		try {
			await this.files.rename(this.layout.purging(parentId), file);
		} catch (error) {
			await this.discard(childId);
			throw new HumanError(
				"no-such-session",
				`Session ${parentId} was purged at the same moment. No fork was made.`,
				{ cause: error },
			);
		}
		// The purge, if it still runs, does so, too.
		await liftTombstones(this, [parentId]).catch(() => undefined);
	}

	/** Takes back a session that was made a moment ago, with its copy. */
	private async discard(id: string): Promise<void> {
		await this.files.unlink(this.layout.journal(id));
		await (await this.keep())?.forget(id);
		await this.sessions.get(id)?.then((session) => session.close());
		this.sessions.delete(id);
	}

	/** A folder as a header names it: relative to the workspace folder where it is inside, else absolute. */
	relativeCwd(cwd: string): string {
		const relative = path.relative(this.folder, path.resolve(this.folder, cwd));
		const outside =
			relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
		return outside ? path.resolve(cwd) : relative.split(path.sep).join("/") || ".";
	}
}

/** An error of the system as a sentence; anything else as it is. */
function inWords(error: unknown, reason: string, sentence: (cause: string) => string): unknown {
	return systemErrorCode(error) === undefined
		? error
		: new HumanError(reason, sentence(causeInWords(error)), { cause: error });
}

/** Throws a HumanError for a text that is not the id of a session: nothing else may become a part of a path. */
export function checkId(id: string): void {
	if (!isUlid(id)) {
		throw new HumanError("bad-id", `"${id}" is not the id of a session. Nothing was done.`);
	}
}
