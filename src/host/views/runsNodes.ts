import type { Approval, RunRecord } from "../../protocol/daemon.ts";

/** What a row of the *Runs* view stands for. */
export type RunNode =
	| {
			readonly kind: "run";
			readonly key: string;
			readonly folder: string;
			readonly id: string;
			/** Its questions stand below it. */
			readonly asks: boolean;
	  }
	| {
			readonly kind: "approval";
			readonly key: string;
			readonly folder: string;
			readonly id: string;
	  }
	| { readonly kind: "recent"; readonly key: string };

/** What of a daemon the view shows. */
export interface RunsOf {
	readonly folder: string;
	readonly runs: readonly RunRecord[];
	readonly approvals: readonly Approval[];
}

export interface RunsArrangement {
	/** Rows below each row, by its key; those of the top under {@link topKey}. */
	readonly children: ReadonlyMap<string, readonly RunNode[]>;
}

export const topKey = "";
const recentKey = "recent";
/** Finished runs that are listed. */
const recentLimit = 50;

/** A run that is not over. */
export function isLive(run: RunRecord): boolean {
	return run.status === "starting" || run.status === "running" || run.status === "waiting";
}

/** Runs that wait for a person come first, with their questions; then those at work; what is over stands together below. */
export function arrangeRuns(daemons: readonly RunsOf[]): RunsArrangement {
	const children = new Map<string, readonly RunNode[]>();
	const live: { node: RunNode; waits: boolean; startedAt: string }[] = [];
	const over: { node: RunNode; endedAt: string }[] = [];
	for (const { folder, runs, approvals } of daemons) {
		for (const run of runs) {
			const asked = isLive(run) ? approvals.filter((approval) => approval.run === run.id) : [];
			const asks = asked.length > 0;
			// VS Code keeps a row it knows as it is, and loses one that changes its id while it is drawn again: a run that
			// gets questions is another row.
			const key = `run:${run.id}${asks ? "+questions" : ""}`;
			const node: RunNode = { kind: "run", key, folder, id: run.id, asks };
			if (!isLive(run)) {
				over.push({ node, endedAt: run.endedAt ?? run.startedAt });
				continue;
			}
			live.push({ node, waits: asks, startedAt: run.startedAt });
			const rows = asked.map(({ id }) => ({
				kind: "approval" as const,
				key: `approval:${id}`,
				folder,
				id,
			}));
			if (rows.length > 0) {
				children.set(key, rows);
			}
		}
	}
	live.sort((a, b) => Number(b.waits) - Number(a.waits) || compare(b.startedAt, a.startedAt));
	over.sort((a, b) => compare(b.endedAt, a.endedAt));
	const recent = over.slice(0, recentLimit).map(({ node }) => node);
	children.set(recentKey, recent);
	children.set(topKey, [
		...live.map(({ node }) => node),
		...(recent.length > 0 ? [{ kind: "recent" as const, key: recentKey }] : []),
	]);
	return { children };
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
