import type { SessionSummary } from "../../model/summary.ts";
import { type Chain, chainOf, distinctRollouts, maxAncestors } from "./chain.ts";
import { chainItems, factsOf, type RolloutFacts } from "./facts.ts";
import type { CodexHome } from "./home.ts";
import { parseRolloutName } from "./names.ts";
import type { ParsedItem, ParsedTurn } from "./pairing.ts";
import { Rollout } from "./rollout.ts";
import { summarizeThread } from "./summary.ts";

/** A stretch of the chain with the rollout it stands in. */
export interface ChainPart {
	readonly rollout: Rollout;
	/** Indexes of its items, oldest first. */
	readonly items: readonly number[];
	/** The other thread it is inherited from. */
	readonly thread: string | undefined;
}

/** A turn of any of the thread's files, or of its ancestors as far as they belong to the chain. */
export interface ThreadTurn {
	readonly rollout: Rollout;
	readonly turn: ParsedTurn;
	/** The turn's items, fewer where the chain leaves inside it. */
	readonly items: readonly ParsedItem[];
	/** Id of the item it continues. */
	readonly after: string | null;
}

/**
 * The files that one session is made of, parsed: the thread's own rollouts and the files of other threads that it
 * continues. Without a `home` (a single file opened by its path) only what lies beside the file is looked at.
 */
export class CodexThread {
	readonly thread: string;
	private readonly home: CodexHome | undefined;
	/** The file to show; undefined for the newest. */
	private readonly only: string | undefined;
	private readonly locate: (thread: string) => Promise<readonly string[]>;
	private readonly rollouts = new Map<string, Rollout>();
	private readonly facts = new Map<Rollout, RolloutFacts>();
	/** Made of `facts` when it is asked for. */
	private byThread: ReadonlyMap<string, readonly RolloutFacts[]> | undefined;
	private own: RolloutFacts[] = [];
	private active: RolloutFacts | undefined;
	private chain: Chain = { segments: [] };

	constructor(options: {
		thread: string;
		home: CodexHome | undefined;
		only?: string;
		locate: (thread: string) => Promise<readonly string[]>;
	}) {
		this.thread = options.thread;
		this.home = options.home;
		this.only = options.only;
		this.locate = options.locate;
	}

	/** Reads what is new of all files. @returns whether anything changed. */
	async load(paths: readonly string[]): Promise<boolean> {
		let changed = false;
		for (const path of new Set([...this.ownPaths, ...paths])) {
			changed = (await this.take(this.rolloutAt(path))) || changed;
		}
		this.chooseOwn();
		changed = (await this.loadAncestors()) || changed;
		// A single file's older rollouts are found as its ancestors.
		this.chooseOwn();
		this.chain = this.active
			? chainOf(this.active, (thread) => this.factsOfThread(thread))
			: { segments: [] };
		return changed;
	}

	private chooseOwn(): void {
		this.own = distinctRollouts(
			[...this.facts.values()].filter(
				(each) => each.thread === this.thread || each.path === this.only,
			),
		);
		const shown = this.only && this.factsAt(this.only);
		this.active = shown || this.own.at(-1);
	}

	/** Reads the files of the threads that the active file continues, as far back as a chain is followed. */
	private async loadAncestors(): Promise<boolean> {
		let changed = false;
		let wanted = new Set(this.own.flatMap((each) => each.base?.thread ?? []));
		for (let depth = 0; wanted.size > 0 && depth <= maxAncestors; depth++) {
			const next = new Set<string>();
			for (const thread of wanted) {
				if (!this.asked.has(thread)) {
					this.asked.add(thread);
					for (const path of await this.locate(thread)) {
						const rollout = this.rolloutAt(path);
						changed = (await this.take(rollout)) || changed;
						const base = this.factsFor(rollout).base?.thread;
						if (base !== undefined) {
							next.add(base);
						}
					}
				}
			}
			wanted = next;
		}
		return changed;
	}

	/** Threads whose files have been looked for. */
	private readonly asked = new Set<string>();

	/** Looks for growth and for new rollouts of the thread (a revert writes a new file). */
	async refresh(now: Date): Promise<boolean> {
		let changed = false;
		for (const rollout of this.rollouts.values()) {
			changed = (await this.take(rollout)) || changed;
		}
		const more = this.only
			? []
			: ((await this.home?.rolloutsBeside(this.thread, this.ownPaths, now)) ?? []);
		const known = new Set([...this.rollouts.values()].map((each) => each.name.plain));
		const fresh = more.filter((path) => !known.has(parseRolloutName(path).plain));
		if (this.chain.missing !== undefined) {
			this.asked.clear();
		}
		return (await this.load(fresh)) || changed;
	}

	async summary(): Promise<SessionSummary> {
		const names = (await this.home?.threadNames()) ?? new Map<string, string>();
		return summarizeThread(
			this.own,
			{
				rolloutsOf: (thread) => this.factsOfThread(thread),
				nameOf: (thread) => names.get(thread),
				isArchived: (file) => this.home?.isArchived(file) ?? false,
			},
			this.active,
		);
	}

	/** A sentence when the beginning of the session is missing. */
	get missing(): string | undefined {
		return this.chain.missing;
	}

	get activeRollout(): Rollout | undefined {
		return this.active && this.rolloutOf(this.active);
	}

	/** The thread's own files, oldest first. */
	get ownRollouts(): Rollout[] {
		return this.own.map((each) => this.rolloutOf(each)).filter((each) => each !== undefined);
	}

	/** All files that the session is made of, oldest ancestor first. */
	get allRollouts(): Rollout[] {
		const parts = this.chain.segments.map((each) => this.rolloutOf(each.facts));
		const all = new Set([...parts, ...this.ownRollouts].filter((each) => each !== undefined));
		const own = new Set(this.ownRollouts);
		return [...all].filter((each) => !own.has(each)).concat(this.ownRollouts);
	}

	/** The chain from the root to the head. */
	get chainParts(): ChainPart[] {
		return this.partsOf(this.chain);
	}

	/** Turns of the chain's ancestors and all turns of the thread's own files, ancestors before descendants. */
	get turns(): ThreadTurn[] {
		const own = new Set(this.ownRollouts);
		const turns: ThreadTurn[] = [];
		let last: string | null = null;
		for (const part of this.chainParts) {
			if (!own.has(part.rollout)) {
				for (const turn of turnsOfPart(part, last)) {
					turns.push(turn);
					last = idOf(turn.rollout, turn.items.at(-1)) ?? last;
				}
			}
		}
		for (const rollout of own) {
			const facts = this.factsFor(rollout);
			const before = this.partsOf(chainOf(facts, (thread) => this.factsOfThread(thread))).filter(
				(part) => part.rollout !== rollout && part.items.length > 0,
			);
			const base = before.at(-1);
			const root = base
				? (idOf(base.rollout, base.rollout.parser.items[base.items.at(-1) ?? -1]) ?? null)
				: null;
			const { items } = rollout.parser;
			for (const turn of rollout.parser.turns) {
				if (turn.count > 0) {
					const after = idOf(rollout, items[turn.after]) ?? root;
					turns.push({
						rollout,
						turn,
						items: items.slice(turn.first, turn.first + turn.count),
						after,
					});
				}
			}
		}
		return turns;
	}

	private partsOf(chain: Chain): ChainPart[] {
		const parts: ChainPart[] = [];
		for (const segment of chain.segments) {
			const rollout = this.rolloutOf(segment.facts);
			if (rollout) {
				const items = chainItems(rollout).slice(0, segment.items);
				const foreign = segment.facts.thread !== this.active?.thread;
				parts.push({ rollout, items, thread: foreign ? segment.facts.thread : undefined });
			}
		}
		return parts;
	}

	private get ownPaths(): string[] {
		return this.own.map((each) => each.path);
	}

	private rolloutAt(path: string): Rollout {
		const key = keyOf(path);
		let rollout = this.rollouts.get(key);
		if (!rollout) {
			rollout = new Rollout(path);
			this.rollouts.set(key, rollout);
		}
		return rollout;
	}

	private async take(rollout: Rollout): Promise<boolean> {
		const change = await rollout.load();
		if (change !== "same" || !this.facts.has(rollout)) {
			this.facts.set(rollout, factsOf(rollout));
			this.byThread = undefined;
		}
		return change !== "same";
	}

	private factsFor(rollout: Rollout): RolloutFacts {
		return this.facts.get(rollout) ?? factsOf(rollout);
	}

	private factsOfThread(thread: string): readonly RolloutFacts[] {
		if (!this.byThread) {
			const groups = Map.groupBy(this.facts.values(), (each) => each.thread);
			this.byThread = new Map([...groups].map(([key, each]) => [key, distinctRollouts(each)]));
		}
		return this.byThread.get(thread) ?? [];
	}

	private factsAt(path: string): RolloutFacts | undefined {
		const rollout = this.rollouts.get(keyOf(path));
		return rollout && this.facts.get(rollout);
	}

	private rolloutOf(facts: RolloutFacts): Rollout | undefined {
		return this.rollouts.get(keyOf(facts.path));
	}
}

/** One key for a file and its compressed form. */
function keyOf(path: string): string {
	return path.endsWith(".zst") ? path.slice(0, -4) : path;
}

export function idOf(rollout: Rollout, item: ParsedItem | undefined): string | undefined {
	return item && rollout.itemId(item);
}

/** Turns of a stretch of the chain, with the items that belong to it. */
export function turnsOfPart(part: ChainPart, before: string | null): ThreadTurn[] {
	const { rollout } = part;
	const turns: ThreadTurn[] = [];
	let after = before;
	let group: ParsedItem[] = [];
	const close = () => {
		const turn = rollout.parser.turns[group[0]?.turn ?? -1];
		if (turn) {
			turns.push({ rollout, turn, items: group, after });
			after = idOf(rollout, group.at(-1)) ?? after;
		}
		group = [];
	};
	for (const index of part.items) {
		const item = rollout.parser.items[index];
		if (item) {
			if (group.length > 0 && group[0]?.turn !== item.turn) {
				close();
			}
			group.push(item);
		}
	}
	close();
	return turns;
}
