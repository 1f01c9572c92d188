import { errorSentence, HumanError } from "../../base/errors.ts";
import type { Journal } from "../journal/journal.ts";
import { headItem, walkChain } from "../model/chain.ts";
import type { SessionPoint } from "../model/record.ts";

/** Ancestors followed at most; a longer line of forks is shown from there on, with a row that says so. */
export const ancestorLimit = 1000;

/** Reads the journal of a session by id. Throws a HumanError when that cannot be. */
export type LoadJournal = (id: string) => Promise<Journal>;

/** One journal's part of a chain. */
export interface LineageSegment {
	readonly journal: Journal;
	/** Item ids, oldest first. */
	readonly items: readonly string[];
}

export interface Lineage {
	/** Oldest ancestor first; the session's own part last. */
	readonly segments: readonly LineageSegment[];
	/** What is missing before the first segment, as a sentence. */
	readonly gap: string | undefined;
}

/**
 * The chain of a session through its ancestors (design: J4, section 5). A parent that is missing, damaged, in a cycle
 * or too deep ends it with a sentence; what was found so far is kept.
 */
export async function resolveLineage(
	own: Journal,
	load: LoadJournal,
	last: string | null = headItem(own.state),
): Promise<Lineage> {
	const segments: LineageSegment[] = [];
	const visited = new Set<string>([own.path]);
	let journal = own;
	let at = last;
	while (true) {
		const { items, end } = walkChain(journal.state, at);
		segments.push({ journal, items });
		if (end.kind === "root") {
			return { segments: segments.reverse(), gap: undefined };
		}
		if (end.kind === "cycle") {
			return {
				segments: segments.reverse(),
				gap: "The turns before this point continue each other in a circle.",
			};
		}
		const next = await loadParent(journal, load, visited);
		if (typeof next === "string") {
			return { segments: segments.reverse(), gap: next };
		}
		journal = next;
		at = end.item;
	}
}

async function loadParent(
	journal: Journal,
	load: LoadJournal,
	visited: Set<string>,
): Promise<Journal | string> {
	const { parent } = journal.state;
	if (!parent) {
		return journal.state.header
			? "The item that this continues is not in the journal: it may have been damaged, or not have been merged yet."
			: "What came before is not known, because the beginning of the journal is damaged.";
	}
	if (visited.size > ancestorLimit) {
		return `This session has more than ${ancestorLimit} ancestors; the history before this point is not shown.`;
	}
	try {
		const next = await load(parent.session);
		if (visited.has(next.path)) {
			return "The sessions before this point were forked from each other in a circle.";
		}
		visited.add(next.path);
		return next;
	} catch (error) {
		if (error instanceof HumanError) {
			return missingParent(parent, error);
		}
		throw error;
	}
}

function missingParent(parent: SessionPoint, error: HumanError): string {
	return `This session continues session ${parent.session}, whose items cannot be shown. ${errorSentence(error)}`;
}
