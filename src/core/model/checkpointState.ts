import type { RecordOf } from "./record.ts";

/** A checkpoint as the fold knows it. */
export interface TakenCheckpoint {
	/** The record that says so. */
	readonly by: string;
	readonly commit: string;
	readonly tree: string;
	/** ms since the epoch; NaN when unreadable. */
	readonly time: number;
	/** How many files are not in it. */
	readonly leftOut: number;
}

export interface TurnCheckpoints {
	start?: TakenCheckpoint;
	end?: TakenCheckpoint;
}

/** Files that were brought to a checkpoint. */
export interface RestoreState {
	readonly id: string;
	/** The commit they were brought to. */
	readonly to: string;
	/** The commit that holds them as they were before. */
	readonly safety: string;
	/** The restore that this one took back. */
	readonly undoes: string | undefined;
}

type CheckpointRecord = RecordOf<"checkpoint.taken" | "checkpoint.failed" | "files.restored">;

/** The part of a session's fold that tells where the workspace's states are kept. It does not depend on the records' order. */
export class CheckpointState {
	private readonly turns = new Map<string, TurnCheckpoints>();
	private readonly failures = new Map<string, RecordOf<"checkpoint.failed">>();
	private readonly restored = new Map<string, RestoreState>();
	private newest = "";

	apply(record: CheckpointRecord): void {
		switch (record.type) {
			case "checkpoint.taken":
				this.take(record);
				break;
			case "checkpoint.failed":
				this.failures.set(record.id, record);
				break;
			case "files.restored":
				this.restored.set(record.id, {
					id: record.id,
					to: record.to,
					safety: record.safety,
					undoes: record.undoes,
				});
				return;
		}
		if (record.id > this.newest) {
			this.newest = record.id;
		}
	}

	/** Empty when none was taken in it. */
	ofTurn(turn: string): Readonly<TurnCheckpoints> {
		return this.turns.get(turn) ?? {};
	}

	/** Why the newest try gave none; undefined when it gave one, or there was no try. */
	get failure(): { readonly reason: string; readonly message: string } | undefined {
		return this.failures.get(this.newest);
	}

	/** All restores, oldest first. */
	get restores(): RestoreState[] {
		return [...this.restored.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
	}

	/** The newest restore, unless it has been taken back or was itself one that took back. */
	get undoable(): RestoreState | undefined {
		const { restores } = this;
		const undone = new Set(restores.map((restore) => restore.undoes));
		return restores.filter(({ id, undoes }) => undoes === undefined && !undone.has(id)).at(-1);
	}

	private take(record: RecordOf<"checkpoint.taken">): void {
		const turn = this.turns.get(record.turn) ?? {};
		const known = turn[record.moment];
		if (!known || record.id > known.by) {
			turn[record.moment] = {
				by: record.id,
				commit: record.commit,
				tree: record.tree,
				time: Date.parse(record.ts),
				leftOut: record.leftOut ?? 0,
			};
			this.turns.set(record.turn, turn);
		}
	}
}
