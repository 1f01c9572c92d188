import { HumanError } from "../../base/errors.ts";
import { readItems } from "../journal/items.ts";
import type { Journal } from "../journal/journal.ts";
import type { ApprovalState } from "../model/agentState.ts";
import { sideBranches } from "../model/chain.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Item } from "../model/item.ts";
import { itemStatus } from "../model/state.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { Blobs } from "../store/blobs.ts";
import { type LoadJournal, resolveLineage } from "./lineage.ts";
import { summarizeSession } from "./summarize.ts";
import type {
	Branch,
	SessionNote,
	Transcript,
	TranscriptChange,
	TranscriptRow,
} from "./transcript.ts";

/** Where a transcript's journals and blobs come from. */
export interface TranscriptContext {
	readonly load: LoadJournal;
	readonly blobs: Blobs;
	/** Absolute workspace folder, to make relative paths absolute; undefined for a journal that lies elsewhere. */
	readonly folder: string | undefined;
}

interface Built {
	readonly rows: readonly TranscriptRow[];
	/** The journal each row's item is in, and a mark that changes with its content. */
	readonly owners: readonly (Journal | undefined)[];
	readonly marks: readonly string[];
	/** The session's own first, then its ancestors. */
	readonly journals: readonly Journal[];
	/** How far each journal had been read. */
	readonly seen: readonly number[];
	readonly reloads: readonly number[];
	readonly branches: readonly Branch[];
	readonly notes: readonly SessionNote[];
	readonly summary: SessionSummary;
}

/** A session of ours as a transcript: its chain through all ancestors, page by page. */
export class JournalTranscript implements Transcript {
	private readonly journal: Journal;
	private readonly context: TranscriptContext;
	private built: Built;

	private constructor(journal: Journal, context: TranscriptContext, built: Built) {
		this.journal = journal;
		this.context = context;
		this.built = built;
	}

	static async open(journal: Journal, context: TranscriptContext): Promise<JournalTranscript> {
		return new JournalTranscript(journal, context, await build(journal, context));
	}

	get summary(): SessionSummary {
		return this.built.summary;
	}
	get rows(): readonly TranscriptRow[] {
		return this.built.rows;
	}
	get branches(): readonly Branch[] {
		return this.built.branches;
	}
	get notes(): readonly SessionNote[] {
		return this.built.notes;
	}
	get approvals(): readonly ApprovalState[] {
		return this.journal.state.agent.approvals;
	}
	get diagnostics(): readonly Diagnostic[] {
		return this.journal.diagnostics;
	}
	get files(): readonly string[] {
		return this.built.journals.map((journal) => journal.path);
	}

	async items(from: number, to: number): Promise<Item[]> {
		const { rows, owners } = this.built;
		const items: Item[] = [];
		let start = Math.max(0, from);
		const end = Math.min(to, rows.length);
		while (start < end) {
			const owner = owners[start];
			let stop = start + 1;
			while (stop < end && owners[stop] === owner) {
				stop++;
			}
			if (owner) {
				const ids = rows.slice(start, stop).map((row) => row.id);
				items.push(...(await readItems(owner, ids, (hash) => this.context.blobs.text(hash))));
			}
			start = stop;
		}
		return items;
	}

	blob(hash: string): Promise<Uint8Array | undefined> {
		return this.context.blobs.get(hash);
	}

	async refresh(): Promise<TranscriptChange> {
		const before = this.built;
		const [, ...ancestors] = before.journals;
		await this.journal.refresh();
		// An ancestor that cannot be read any more becomes a row that says so; it does not take the session away.
		const gone = (await Promise.all(ancestors.map(isGone))).includes(true);
		// The session itself may have read its journal on since: what counts is what this transcript has seen.
		if (!gone && before.journals.every(({ revision }, index) => revision === before.seen[index])) {
			return { kind: "unchanged" };
		}
		const reloaded = before.journals.some(
			({ reloads }, index) => reloads !== before.reloads[index],
		);
		this.built = await build(this.journal, this.context);
		return gone || reloaded ? { kind: "reloaded" } : compare(before, this.built);
	}
}

async function isGone(journal: Journal): Promise<boolean> {
	try {
		await journal.refresh();
		return false;
	} catch (error) {
		if (error instanceof HumanError) {
			return true;
		}
		throw error;
	}
}

function compare(before: Built, now: Built): TranscriptChange {
	let from = 0;
	while (
		from < before.rows.length &&
		from < now.rows.length &&
		before.rows[from]?.id === now.rows[from]?.id
	) {
		from++;
	}
	if (from < before.rows.length) {
		return { kind: "reloaded" };
	}
	const changed: number[] = [];
	for (let index = 0; index < from; index++) {
		if (before.marks[index] !== now.marks[index]) {
			changed.push(index);
		}
	}
	return { kind: "grown", from, changed };
}

async function build(own: Journal, context: TranscriptContext): Promise<Built> {
	// Before anything is awaited: what comes in meanwhile is the next refresh's.
	const ownRevision = own.revision;
	const { segments, gap } = await resolveLineage(own, context.load);
	const journals = [...new Set([own, ...segments.map((segment) => segment.journal)])];
	const seen = journals.map((journal) => (journal === own ? ownRevision : journal.revision));
	const reloads = journals.map((journal) => journal.reloads);
	const rows: TranscriptRow[] = [];
	const owners: (Journal | undefined)[] = [];
	const marks: string[] = [];
	if (gap !== undefined) {
		rows.push({ kind: "gap", id: "gap", reason: gap });
		owners.push(undefined);
		marks.push("");
	}
	for (const { journal, items } of segments) {
		const inherited = journal === own ? {} : { inheritedFrom: sessionIdOf(journal) };
		for (const id of items) {
			const item = journal.state.items.get(id);
			if (!item) {
				continue;
			}
			const status = itemStatus(item, journal.state.turns.get(item.turn));
			const time = Number.isNaN(item.time) ? 0 : item.time;
			rows.push({ kind: "item", id, turn: item.turn, type: item.type, status, time, ...inherited });
			owners.push(journal);
			marks.push(`${status} ${item.completed?.id ?? ""} ${item.updates.length}`);
		}
	}
	return {
		rows,
		owners,
		marks,
		journals,
		seen,
		reloads,
		branches: await branchesOf(own, new Set(rows.map((row) => row.id)), context.blobs),
		notes: await notesOf(own, context.blobs),
		summary: summarizeSession(own, { segments, gap }, context.folder),
	};
}

/** Other ways a session went on than the chain that holds `onChain`. */
export async function branchesOf(
	journal: Journal,
	onChain: ReadonlySet<string>,
	blobs: Blobs,
): Promise<Branch[]> {
	const branches: Branch[] = [];
	for (const { head, after, items } of sideBranches(journal.state, onChain)) {
		const prompt = items.find((id) => journal.state.items.get(id)?.type === "userMessage") ?? head;
		const [item] = await readItems(journal, [prompt], (hash) => blobs.text(hash));
		const time = journal.state.items.get(head)?.time ?? 0;
		branches.push({
			head,
			after,
			label: item ? firstWords(item) : "",
			items: items.length,
			time: Number.isNaN(time) ? 0 : time,
		});
	}
	return branches;
}

function firstWords(item: Item): string {
	const text = "text" in item.content ? item.content.text : undefined;
	return typeof text === "string"
		? (text.trim().split("\n")[0] ?? "").slice(0, 120)
		: item.content.type;
}

/** The notes on a session, with their texts. */
export async function notesOf(journal: Journal, blobs: Blobs): Promise<SessionNote[]> {
	return Promise.all(
		journal.state.notes.map(async ({ id, item, text, ts }) => ({
			id,
			item,
			ts,
			text: typeof text === "string" ? text : ((await blobs.text(text.blob)) ?? ""),
		})),
	);
}

function sessionIdOf(journal: Journal): string {
	return journal.state.header?.session.id ?? "";
}
