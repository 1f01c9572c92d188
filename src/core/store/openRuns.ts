import { hostname } from "node:os";
import { HumanError } from "../../base/errors.ts";
import type { TurnRun } from "../model/record.ts";
import type { SessionState } from "../model/state.ts";

/** Name of this machine, as journals name the place of a run. */
export const host = hostname();

/** A turn of another machine's daemon that nothing was heard of for so long is taken to be over. ms. */
const foreignPatience = 60 * 60 * 1000;

/** A turn that a daemon has begun and not ended, as the journal tells it. */
export interface OpenRun {
	readonly turn: string;
	readonly run: TurnRun;
	/**
	 * `here`: this machine's daemon knows whether it still runs. `elsewhere`: only its machine does, and it was heard of
	 * not long ago. `silent`: it is taken to be over.
	 */
	readonly where: "here" | "elsewhere" | "silent";
}

/** Who lets a run of this machine's daemon go on ("codex for the window at ~/project"); undefined when it is over. */
export type FindRun = (run: string) => Promise<string | undefined>;

/** The turns of a session that a daemon has begun and not ended. `now` is in ms. */
export function openRuns({ turns, agent, lastActivity }: SessionState, now: number): OpenRun[] {
	const isSilent = !(now - lastActivity < foreignPatience);
	return [...agent.runs].flatMap(([turn, run]): OpenRun[] => {
		const state = turns.get(turn);
		if (!state || state.end) {
			return [];
		}
		const where = run.host === host ? "here" : isSilent ? "silent" : "elsewhere";
		return [{ turn, run, where }];
	});
}

/** Throws a HumanError (`busy`) when a turn of the session runs on another machine. */
export function checkNotElsewhere(state: SessionState, now: number): void {
	const open = openRuns(state, now).find(({ where }) => where === "elsewhere");
	if (open) {
		throw new HumanError(
			"busy",
			`A turn of this session runs on another machine (${open.run.host}). Nothing was done. Wait for it; if it is over, fork the session and go on there.`,
		);
	}
}

/**
 * Throws a HumanError (`busy`) while a turn of the session runs, here or on another machine: then nobody else adds turns
 * (design: section 5). A turn whose daemon is gone stops nobody.
 */
export async function checkNoRun(
	state: SessionState,
	now: number,
	findRun: FindRun,
): Promise<void> {
	for (const { run, where } of openRuns(state, now)) {
		const who = where === "here" ? await findRun(run.id) : undefined;
		if (who !== undefined) {
			throw new HumanError(
				"busy",
				`A turn of this session runs: ${who}. Nothing was stored. Wait for it or stop it.`,
			);
		}
	}
	checkNotElsewhere(state, now);
}
