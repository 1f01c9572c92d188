import type { TurnStatus } from "../../model/record.ts";
import type {
	AdoptableItem,
	AdoptableSession,
	AdoptableTurn,
	RawSourceFile,
	RawSpan,
} from "../source.ts";
import { statusWithoutEnd } from "./conversation.ts";
import type { ParsedItem } from "./pairing.ts";
import { readContents } from "./reader.ts";
import type { Rollout } from "./rollout.ts";
import { isoTime } from "./summary.ts";
import { type CodexThread, idOf, type ThreadTurn } from "./thread.ts";

/** The whole conversation with branches and inherited beginning, each item with the bytes it was made from. */
export async function adoptableOf(thread: CodexThread, now: number): Promise<AdoptableSession> {
	const summary = await thread.summary();
	const turns: AdoptableTurn[] = [];
	for (const turn of thread.turns) {
		turns.push(await adoptableTurn(turn, now));
	}
	const last = thread.chainParts.findLast((part) => part.items.length > 0);
	const head = last && idOf(last.rollout, last.rollout.parser.items[last.items.at(-1) ?? -1]);
	return { summary, turns, head: head ?? null };
}

async function adoptableTurn(
	{ rollout, turn, items, after }: ThreadTurn,
	now: number,
): Promise<AdoptableTurn> {
	const contents = await readContents(rollout, items, now);
	const end = endOf({ rollout, turn, items, after }, now);
	return {
		sourceId: rollout.turnId(turn),
		...(turn.nativeId === undefined ? {} : { agentTurn: turn.nativeId }),
		ts: isoTime(turn.time || (items[0]?.time ?? 0)),
		after,
		...(turn.model === undefined ? {} : { model: turn.model }),
		...(turn.branch === undefined ? {} : { branch: turn.branch }),
		...(turn.commit === undefined ? {} : { commit: turn.commit }),
		items: items.map((item, index): AdoptableItem => {
			const content = contents[index] ?? { type: "raw" as const };
			return {
				sourceId: rollout.itemId(item),
				ts: isoTime(item.time),
				content: { ...content, status: rollout.statusOf(item, now) },
				spans: spansOf(rollout, item),
			};
		}),
		...(end ? { end } : {}),
	};
}

function endOf({ rollout, turn, items }: ThreadTurn, now: number): AdoptableTurn["end"] {
	const last = turn.index === rollout.parser.turns.length - 1;
	if (!turn.end && last && rollout.isLive(now)) {
		return undefined;
	}
	const status: TurnStatus = turn.end?.status ?? statusWithoutEnd(turn, rollout.parser.items);
	return {
		ts: isoTime(turn.end?.time || (items.at(-1)?.time ?? 0)),
		status,
		...(turn.usage ? { usage: turn.usage } : {}),
		...(turn.error ? { error: turn.error } : {}),
	};
}

function spansOf(rollout: Rollout, item: ParsedItem): RawSpan[] {
	const spans: RawSpan[] = [];
	for (let at = 0; at < item.spans.length; at += 2) {
		const offset = item.spans[at] ?? 0;
		const length = item.spans[at + 1] ?? 0;
		spans.push({ file: rollout.name.plain, offset, length });
	}
	return spans;
}

/** The (decompressed) files that a session is made of. */
export async function rawFilesOf(thread: CodexThread): Promise<RawSourceFile[]> {
	const files: RawSourceFile[] = [];
	for (const rollout of thread.allRollouts) {
		if (!rollout.stat) {
			continue;
		}
		files.push({
			name: rollout.name.plain,
			path: rollout.stat.path,
			size: await rollout.bytes.length(),
			read: async (from, to) => {
				const reader = await rollout.bytes.open();
				try {
					return await reader.read(from, Math.max(0, to - from));
				} finally {
					await reader.close();
				}
			},
		});
	}
	return files;
}
