import { readItems } from "../journal/items.ts";
import type { Journal } from "../journal/journal.ts";
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
	readonly journals: readonly Journal[];
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
		const changes = await Promise.all(this.built.journals.map((journal) => journal.refresh()));
		if (changes.every((change) => change === "unchanged")) {
			return { kind: "unchanged" };
		}
		const before = this.built;
		this.built = await build(this.journal, this.context);
		return changes.includes("reloaded") ? { kind: "reloaded" } : compare(before, this.built);
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
	const changed: number[] = [];
	for (let index = 0; index < from; index++) {
		if (before.marks[index] !== now.marks[index]) {
			changed.push(index);
		}
	}
	return { kind: "grown", from, changed };
}

async function build(own: Journal, context: TranscriptContext): Promise<Built> {
	const { segments, gap } = await resolveLineage(own, context.load);
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
		journals: [...new Set([own, ...segments.map((segment) => segment.journal)])],
		branches: await branchesOf(own, new Set(rows.map((row) => row.id)), context),
		notes: await notesOf(own, context),
		summary: summarizeSession(own, { segments, gap }, context.folder),
	};
}

async function branchesOf(
	journal: Journal,
	onChain: ReadonlySet<string>,
	context: TranscriptContext,
): Promise<Branch[]> {
	const branches: Branch[] = [];
	for (const { head, after, items } of sideBranches(journal.state, onChain)) {
		const prompt = items.find((id) => journal.state.items.get(id)?.type === "userMessage") ?? head;
		const [item] = await readItems(journal, [prompt], (hash) => context.blobs.text(hash));
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

async function notesOf(journal: Journal, context: TranscriptContext): Promise<SessionNote[]> {
	return Promise.all(
		journal.state.notes.map(async ({ id, item, text, ts }) => ({
			id,
			item,
			ts,
			text: typeof text === "string" ? text : ((await context.blobs.text(text.blob)) ?? ""),
		})),
	);
}

function sessionIdOf(journal: Journal): string {
	return journal.state.header?.session.id ?? "";
}
