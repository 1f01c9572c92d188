import * as path from "node:path";
import { $ZodError } from "zod/v4/core";
import { HumanError } from "../../base/errors.ts";
import type { Files } from "../files.ts";
import { RecordIds } from "../journal/ids.ts";
import type { Journal } from "../journal/journal.ts";
import type { FileState } from "../journal/look.ts";
import { readLines } from "../journal/meaning.ts";
import { JournalWriter } from "../journal/writer.ts";
import { headItem, positionAfter } from "../model/chain.ts";
import type { ItemContent } from "../model/item.ts";
import {
	type GitState,
	JournalRecord,
	journalVersion,
	type RecordDraft,
	type TokenUsage,
	type TurnStatus,
} from "../model/record.ts";
import type { SessionState } from "../model/state.ts";
import type { SessionSummary } from "../model/summary.ts";
import { JournalTranscript } from "../transcript/journalTranscript.ts";
import { type LoadJournal, resolveLineage } from "../transcript/lineage.ts";
import { summarizeSession } from "../transcript/summarize.ts";
import { type BlobSink, encodeRecords } from "./encode.ts";

/** What a session needs of its store. */
export interface SessionContext extends BlobSink {
	readonly files: Files;
	readonly clock: () => number;
	readonly folder: string;
	readonly load: LoadJournal;
	/** Throws a HumanError when the store may not be written. Called before every write. */
	readonly checkWritable: () => Promise<void>;
	/** Brings the kept copy of a session up to date. Never throws. */
	readonly keepJournal: (id: string) => Promise<unknown>;
}

/** Records with their ids, ready to be written, and written again after a failure without being stored twice. */
export interface Prepared {
	readonly records: readonly JournalRecord[];
	readonly lines: string;
}

/**
 * One session of ours, opened for reading and writing. Every operation of design section 5 is one record (J10) and
 * resolves only when that is on disk (J5); on failure nothing has changed.
 */
export class Session {
	readonly id: string;
	readonly journal: Journal;
	private readonly context: SessionContext;
	private readonly writer: JournalWriter;
	private readonly ids: RecordIds;
	/** Whether the kept copy, where it is no link, lacks something. */
	private isAhead = false;
	private keeping: Promise<unknown> = Promise.resolve();

	constructor(journal: Journal, context: SessionContext) {
		this.id = path.basename(journal.path, ".jsonl");
		this.journal = journal;
		this.context = context;
		this.writer = new JournalWriter(journal.path, context.files);
		this.ids = new RecordIds(context.clock);
	}

	get file(): string {
		return this.journal.path;
	}

	get state(): SessionState {
		return this.journal.state;
	}

	async refresh(): Promise<void> {
		await this.journal.refresh();
	}

	async summary(): Promise<SessionSummary> {
		await this.journal.refresh();
		const lineage = await resolveLineage(this.journal, this.context.load);
		return summarizeSession(this.journal, lineage, this.context.folder);
	}

	async transcript(): Promise<JournalTranscript> {
		await this.journal.refresh();
		return JournalTranscript.open(this.journal, this.context);
	}

	/** Appends records as one write. Resolves with them, ids included, once they are durable. */
	async append(
		drafts: readonly (RecordDraft & { id?: string })[],
	): Promise<readonly JournalRecord[]> {
		const { records, lines, seen } = await this.encode(drafts);
		await this.store(lines, seen);
		if (drafts.some(({ type }) => type === "turn.completed")) {
			// Not waited for: the records are durable already.
			void this.keep();
		}
		return records;
	}

	/** Gives ids, in order, for records that name each other; each goes into a draft of the next {@link append}. */
	async idSource(): Promise<() => string> {
		await this.journal.refresh();
		this.ids.see(this.journal.greatestId);
		return () => this.ids.next();
	}

	/** Gives drafts their ids and moves what is too large to blobs; writes nothing to the journal. */
	async prepare(drafts: readonly (RecordDraft & { id?: string })[]): Promise<Prepared> {
		const { records, lines } = await this.encode(drafts);
		return { records, lines };
	}

	/** Writes prepared records; may be called again with the same ones after it failed. */
	async write(prepared: Prepared): Promise<void> {
		await this.store(prepared.lines);
	}

	/** `seen`: the journal as it stood a moment ago, when nothing has taken time since. */
	private async encode(
		drafts: readonly (RecordDraft & { id?: string })[],
	): Promise<Prepared & { readonly seen: FileState | undefined }> {
		await this.context.checkWritable();
		const seen = await this.catchUp();
		this.ids.see(this.journal.greatestId);
		const records = drafts.map((draft) => {
			const id = draft.id ?? this.ids.next();
			const ts = draft.ts ?? new Date(this.context.clock()).toISOString();
			return JournalRecord.parse({ ...draft, v: journalVersion, id, ts });
		});
		const { lines, spilled } = await encodeRecords(this.context, records);
		return { records, lines, seen: spilled ? undefined : seen };
	}

	/** Reads what others have written. Returns the file as it stands, if it ends with a newline. */
	private async catchUp(): Promise<FileState | undefined> {
		// What keeps the file from being looked at, the reading says in a sentence.
		const state = await this.writer.look.state().catch(() => undefined);
		if (!state || !this.journal.isCurrent(state)) {
			await this.journal.refresh();
		}
		return this.journal.ended;
	}

	private async store(lines: string, seen?: FileState): Promise<void> {
		const read = () => readLines(Buffer.from(lines));
		const written = await this.writer.append(lines, { seen, read });
		if (!written || !this.journal.accept(written)) {
			await this.journal.refresh();
		}
		this.isAhead = true;
	}

	private keep(): Promise<unknown> {
		if (this.isAhead) {
			this.isAhead = false;
			this.keeping = this.keeping.then(() => this.context.keepJournal(this.id));
		}
		return this.keeping;
	}

	/** Waits for writes under way and closes the file; the session may be used again. */
	async close(): Promise<void> {
		await this.writer.close();
		await this.keep();
	}

	async rename(title: string): Promise<void> {
		const trimmed = title.trim();
		if (trimmed === "") {
			throw new HumanError(
				"empty-title",
				"A session's title cannot be empty. The title was not changed.",
			);
		}
		checkTitle(trimmed);
		await this.append([{ type: "session.renamed", title: trimmed }]);
	}

	async archive(): Promise<void> {
		await this.append([{ type: "session.archived" }]);
	}
	async unarchive(): Promise<void> {
		await this.append([{ type: "session.unarchived" }]);
	}
	async trash(): Promise<void> {
		await this.append([{ type: "session.trashed" }]);
	}
	async restore(): Promise<void> {
		await this.append([{ type: "session.restored" }]);
	}
	async pin(): Promise<void> {
		await this.append([{ type: "session.pinned" }]);
	}
	async unpin(): Promise<void> {
		await this.append([{ type: "session.unpinned" }]);
	}
	async tag(tags: readonly string[]): Promise<void> {
		await this.append([{ type: "session.tagged", tags: cleanTags(tags) }]);
	}
	async untag(tags: readonly string[]): Promise<void> {
		await this.append([{ type: "session.untagged", tags: cleanTags(tags) }]);
	}

	/** Adds a note on the session, or on one of its items (inherited ones included). Returns the note's id. */
	async addNote(text: string, item?: string): Promise<string> {
		if (text.trim() === "") {
			throw new HumanError("empty-note", "A note cannot be empty. No note was added.");
		}
		if (item !== undefined) {
			await this.checkItem(item);
		}
		const [record] = await this.append([
			{ type: "note.added", text, ...(item === undefined ? {} : { item }) },
		]);
		return record?.id ?? "";
	}

	async removeNote(note: string): Promise<void> {
		if (!this.state.notes.some((known) => known.id === note)) {
			throw new HumanError("no-such-note", "This session has no such note. Nothing was changed.");
		}
		await this.append([{ type: "note.removed", note }]);
	}

	/** Moves the head to an item of this session, on any branch, inherited ones included; null for the very beginning. */
	async revertTo(item: string | null): Promise<void> {
		await this.journal.refresh();
		if (item !== null) {
			await this.checkItem(item);
		}
		await this.append([{ type: "head.moved", to: item }]);
	}

	/** Moves the head back to where it was before the last revert. */
	async unrevert(): Promise<void> {
		await this.journal.refresh();
		const newest = this.state.heads.length - 1;
		if (this.state.heads[newest]?.kind !== "move") {
			throw new HumanError(
				"nothing-reverted",
				"The last thing that happened in this session was not a revert. Nothing was changed.",
			);
		}
		await this.append([{ type: "head.moved", to: positionAfter(this.state, newest - 1) }]);
	}

	/** Clears the warnings about damage as it stands now (design: J6). */
	async acknowledgeDamage(): Promise<void> {
		await this.journal.refresh();
		const fragments = this.journal.diagnostics
			.filter((diagnostic) => diagnostic.severity === "warning")
			.flatMap(({ fragment }) => (fragment ? [fragment] : []));
		if (fragments.length > 0) {
			await this.append([{ type: "damage.acknowledged", fragments }]);
		}
	}

	/** Opens a turn that continues the head. Returns its id. */
	async startTurn(options: { model?: string; git?: GitState; ts?: string } = {}): Promise<string> {
		await this.journal.refresh();
		const [record] = await this.append([
			{ type: "turn.started", after: headItem(this.state), ...options },
		]);
		return record?.id ?? "";
	}

	/** Adds a whole item to a turn. Returns its id. Throws a HumanError (`bad-item`) for a content that is none. */
	async addItem(turn: string, content: unknown, ts?: string): Promise<string> {
		try {
			// It is checked with the record that it stands in.
			const item = content as ItemContent;
			const [record] = await this.append([
				{ type: "item.completed", turn, item, ...(ts === undefined ? {} : { ts }) },
			]);
			return record?.id ?? "";
		} catch (error) {
			const issue = error instanceof $ZodError ? error.issues[0] : undefined;
			if (issue?.path[0] !== "item") {
				throw error;
			}
			const place = issue.path.slice(1).join(".") || "item";
			throw new HumanError("bad-item", `This is not an item: ${place}: ${issue.message}.`);
		}
	}

	async completeTurn(
		turn: string,
		status: TurnStatus = "completed",
		end: { usage?: TokenUsage; error?: string; ts?: string } = {},
	): Promise<void> {
		await this.append([{ type: "turn.completed", turn, status, ...end }]);
	}

	private async checkItem(item: string): Promise<void> {
		await this.journal.refresh();
		if (this.state.items.has(item)) {
			return;
		}
		const { segments } = await resolveLineage(this.journal, this.context.load);
		const inherited = await resolveLineage(
			this.journal,
			this.context.load,
			this.state.parent?.at ?? null,
		);
		const known = [...segments, ...inherited.segments].some((segment) =>
			segment.items.includes(item),
		);
		if (!known) {
			throw new HumanError(
				"no-such-item",
				`Session ${this.id} has no item ${item}. Nothing was changed.`,
			);
		}
	}
}

/** Longest title and tag that a person can give. Characters. */
const nameLimit = 16_000;

/** Throws a HumanError (`long-title`). */
export function checkTitle(title: string): void {
	if (title.length > nameLimit) {
		throw new HumanError(
			"long-title",
			`A title can have ${nameLimit} characters; this one has ${title.length}. Nothing was changed.`,
		);
	}
}

function cleanTags(tags: readonly string[]): string[] {
	const clean = [...new Set(tags.map((tag) => tag.trim()).filter((tag) => tag !== ""))];
	if (clean.length === 0) {
		throw new HumanError("empty-tag", "A tag cannot be empty. Nothing was changed.");
	}
	if (clean.some((tag) => tag.length > nameLimit)) {
		throw new HumanError(
			"long-tag",
			`A tag can have ${nameLimit} characters. Nothing was changed.`,
		);
	}
	return clean;
}
