import type { TokenUsage } from "../../model/record.ts";
import { relativeTo } from "./patch.ts";
import type { Rollout } from "./rollout.ts";
import { asText, isJson } from "./schema.ts";

/** Version of {@link RolloutFacts}: facts of another version are made again. */
const factsVersion = 1;

/** What one rollout file says that a list of sessions needs: plain JSON that the catalogue keeps. */
export interface RolloutFacts {
	readonly version: typeof factsVersion;
	readonly path: string;
	readonly size: number;
	/** Bytes read of the decompressed file. */
	readonly length: number;
	readonly thread: string;
	readonly rollout: string;
	readonly stamp: string;
	/** ms since the epoch; 0 when unknown. */
	readonly created: number;
	/** Time of the last item; the file's own where items have none. */
	readonly updated: number;
	readonly cwd?: string;
	readonly model?: string;
	readonly branch?: string;
	/** Name given while the session ran. */
	readonly title?: string;
	readonly nickname?: string;
	readonly forkedFrom?: string;
	readonly copiedFrom?: string;
	readonly subagentOf?: string;
	/** The history before this file's own (paginated forks and reverts). */
	readonly base?: { readonly thread: string; readonly ordinal: number; readonly offset: number };
	/** Turns of the file's own chain. */
	readonly turns: readonly TurnFacts[];
	/** Ordinal and byte offset of each item of the chain, each the difference to the one before; only where lines have ordinals. */
	readonly spine?: readonly number[];
	readonly warnings: number;
	readonly warning?: string;
}

export interface TurnFacts {
	readonly items: number;
	/** Byte offset of its first line. */
	readonly offset: number;
	readonly users: number;
	readonly prompt?: string;
	readonly model?: string;
	readonly usage?: TokenUsage;
	readonly files?: readonly string[];
}

/** Facts in a value that the catalogue has kept; undefined when it is none of ours. */
export function knownFacts(value: unknown): RolloutFacts | undefined {
	// Written by this code into our own cache: the version vouches for the rest.
	return isJson(value) && value["version"] === factsVersion && asText(value["thread"]) !== undefined
		? (value as unknown as RolloutFacts)
		: undefined;
}

export function factsOf(rollout: Rollout): RolloutFacts {
	const { parser, name, stat } = rollout;
	const meta = parser.meta;
	const base = meta?.history_base;
	const warnings = rollout.diagnostics.filter((each) => each.severity === "warning");
	const spawn =
		typeof meta?.source === "object"
			? meta.source.subagent?.thread_spawn?.parent_thread_id
			: undefined;
	const subagentOf = spawn ?? meta?.parent_thread_id;
	const lastTime = parser.items.findLast((item) => item.time > 0)?.time ?? 0;
	return {
		version: factsVersion,
		path: stat?.path ?? rollout.path,
		size: stat?.size ?? 0,
		length: rollout.length,
		thread: rollout.thread,
		rollout: name.rollout,
		stamp: name.stamp,
		created: parser.headerTime || timeOfStamp(name.stamp),
		updated: lastTime || Math.round(stat?.mtimeMs ?? 0),
		...optional("cwd", parser.cwd),
		...optional("model", parser.model),
		...optional("branch", parser.lastMeta?.git?.branch),
		...optional("title", parser.threadName),
		...optional("nickname", meta?.agent_nickname),
		...optional("forkedFrom", meta?.forked_from_id),
		...optional("copiedFrom", parser.copiedFrom),
		...optional("subagentOf", subagentOf),
		...(base?.thread_id !== undefined && base.end_ordinal_exclusive !== undefined
			? {
					base: {
						thread: base.thread_id,
						ordinal: base.end_ordinal_exclusive,
						offset: base.end_byte_offset ?? -1,
					},
				}
			: {}),
		turns: turnFacts(rollout),
		...optional("spine", spineOf(rollout)),
		warnings: warnings.length + Math.max(0, parser.unreported - 1),
		...optional("warning", warnings[0]?.reason),
	};
}

/** Indexes of the items of the file's own chain, oldest first. */
export function chainItems(rollout: Rollout): number[] {
	const { parser } = rollout;
	const items: number[] = [];
	for (const index of parser.chain) {
		const turn = parser.turns[index];
		for (let at = 0; turn && at < turn.count; at++) {
			items.push(turn.first + at);
		}
	}
	return items;
}

function turnFacts(rollout: Rollout): TurnFacts[] {
	const { parser } = rollout;
	const turns: TurnFacts[] = [];
	for (const index of parser.chain) {
		const turn = parser.turns[index];
		if (!turn || turn.count === 0) {
			continue;
		}
		const files = new Set<string>();
		for (let at = turn.first; at < turn.first + turn.count; at++) {
			const item = parser.items[at];
			if (item?.files && item.state === "done") {
				for (const file of item.files) {
					files.add(relativeTo(parser.cwd, file));
				}
			}
		}
		turns.push({
			items: turn.count,
			offset: turn.offset,
			users: turn.users,
			...optional("prompt", turn.prompt || undefined),
			...optional("model", turn.model),
			...optional("usage", turn.usage),
			...(files.size > 0 ? { files: [...files] } : {}),
		});
	}
	return turns;
}

function spineOf(rollout: Rollout): number[] | undefined {
	const { items } = rollout.parser;
	if (!items.some((item) => item.ordinal >= 0)) {
		return undefined;
	}
	const spine: number[] = [];
	let ordinal = 0;
	let offset = 0;
	for (const index of chainItems(rollout)) {
		const item = items[index];
		if (item) {
			spine.push(item.ordinal - ordinal, item.offset - offset);
			ordinal = item.ordinal;
			offset = item.offset;
		}
	}
	return spine;
}

/** The time in a file's name; Codex writes local time there. */
function timeOfStamp(stamp: string): number {
	const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})-(\d{2})-(\d{2}))?$/.exec(stamp);
	const time = match
		? Date.parse(`${match[1]}T${match[2] ?? "00"}:${match[3] ?? "00"}:${match[4] ?? "00"}`)
		: 0;
	return Number.isNaN(time) ? 0 : time;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
	return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
