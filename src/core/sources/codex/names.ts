import * as path from "node:path";

/** What the name of a rollout file says (formats: Codex 1.1). Names are read from the right. */
export interface RolloutName {
	/** Name of the uncompressed file: the same before and after compression. */
	readonly plain: string;
	/** Id that is unique to the file: the rollout's uuid, else the name without its ending. */
	readonly rollout: string;
	/** Id of the thread, when the name holds one. */
	readonly thread: string | undefined;
	/** Local date and time in the name: the order of a thread's rollouts. */
	readonly stamp: string;
	readonly compressed: boolean;
}

const uuid = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
const tail = new RegExp(`(${uuid})(?:_(${uuid}))?$`);
const start = /^rollout-(\d{4}-\d{2}-\d{2}(?:T\d{2}-\d{2}-\d{2})?)/;

export function parseRolloutName(file: string): RolloutName {
	const name = path.basename(file);
	const compressed = name.endsWith(".zst");
	const plain = compressed ? name.slice(0, -".zst".length) : name;
	const stem = plain.replace(/\.jsonl?$/, "");
	const ids = tail.exec(stem);
	return {
		plain,
		rollout: ids?.[2] ?? ids?.[1] ?? stem,
		thread: ids?.[1],
		stamp: start.exec(stem)?.[1] ?? "",
		compressed,
	};
}

/** True for the names that Codex gives to session files, compressed ones included. */
export function isRolloutName(name: string): boolean {
	return /^rollout-.*\.jsonl?(\.zst)?$/.test(name) && !name.endsWith(".json.zst");
}

/** What the order of rollouts is made of: their time, then their id (version 7 ids sort by time, too). */
export interface RolloutAge {
	readonly stamp: string;
	readonly rollout: string;
}

/** Orders rollouts by age, oldest first. */
export function compareAge(a: RolloutAge, b: RolloutAge): number {
	if (a.stamp !== b.stamp) {
		return a.stamp < b.stamp ? -1 : 1;
	}
	return a.rollout < b.rollout ? -1 : a.rollout > b.rollout ? 1 : 0;
}
