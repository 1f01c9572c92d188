import { open, readdir } from "node:fs/promises";
import * as path from "node:path";
import { systemErrorCode } from "../../base/errors.ts";
import { isUlid } from "../../core/journal/ids.ts";
import type { RecordDraft } from "../../core/model/record.ts";
import { openRuns } from "../../core/store/openRuns.ts";
import type { Session } from "../../core/store/session.ts";
import type { WorkspaceStore } from "../../core/store/workspaceStore.ts";
import { isFinished } from "../state/registry.ts";
import type { StateStore } from "../state/stateStore.ts";

const lost = "The daemon that ran this turn ended before the turn did.";

/**
 * Ends the turns of a session that a daemon of this machine left open, or one of another machine that is not heard of any
 * more, and withdraws their questions: one write. No turn of the session may run here. Returns how many turns there were.
 */
export async function closeLostTurns(session: Session, now: number): Promise<number> {
	await session.refresh();
	const { state } = session;
	const drafts: RecordDraft[] = [];
	const left = openRuns(state, now).filter(({ where }) => where !== "elsewhere");
	for (const { turn: id } of left) {
		for (const approval of state.agent.approvals) {
			if (approval.turn === id && !approval.answered) {
				drafts.push({ type: "approval.answered", approval: approval.id, outcome: "withdrawn" });
			}
		}
		drafts.push({ type: "turn.completed", turn: id, status: "interrupted", error: lost });
	}
	if (drafts.length > 0) {
		await session.append(drafts);
	}
	return left.length;
}

/**
 * What a daemon does at its start about the one before (design: section 8): runs that it left are interrupted, in its
 * own records and, as a record, in the sessions. When those records are lost all journals are looked at.
 */
export async function reconcile(store: WorkspaceStore, state: StateStore): Promise<void> {
	const left = state.listRuns().filter((run) => !isFinished(run));
	const sessions = new Set(left.map((run) => run.session));
	if (state.isNew) {
		for (const id of await sessionsWithOpenEnd(store)) {
			sessions.add(id);
		}
	}
	for (const id of sessions) {
		await reconcileSession(store, state, id);
	}
	for (const { session, status } of state.listSessions()) {
		if (status === "open") {
			await state.closeSession(session);
		}
	}
	const endedAt = new Date().toISOString();
	for (const run of left) {
		await state.upsertRun({ ...run, status: "interrupted", endedAt, reason: lost });
	}
}

async function reconcileSession(
	store: WorkspaceStore,
	state: StateStore,
	id: string,
): Promise<void> {
	try {
		const count = await closeLostTurns(await store.open(id), store.clock());
		if (count > 0) {
			await state.recordEvent({
				level: "warning",
				type: "session.reconciled",
				message: "A turn was interrupted by the end of the daemon that ran it.",
				session: id,
			});
		}
	} catch (error) {
		// One session that cannot be opened must not keep the daemon from starting.
		await state.recordEvent({
			level: "error",
			type: "session.reconciled",
			message: error instanceof Error ? error.message : String(error),
			session: id,
		});
	}
}

/** Enough of a journal's end to hold the last turn's first or last record, but for a very long turn. Bytes. */
const tailSize = 1024 * 1024;

/** Sessions whose last bytes speak of a turn that has not ended. Reads only the ends of journals. */
async function sessionsWithOpenEnd(store: WorkspaceStore): Promise<string[]> {
	const found: string[] = [];
	for (const name of await listOrEmpty(store.layout.sessions)) {
		const id = path.basename(name, ".jsonl");
		if (name.endsWith(".jsonl") && isUlid(id)) {
			const tail = await readTail(path.join(store.layout.sessions, name));
			const started = tail.lastIndexOf('"type":"turn.started"');
			const isLong = started === -1 && tail.length >= tailSize;
			if (isLong || started > tail.lastIndexOf('"type":"turn.completed"')) {
				found.push(id);
			}
		}
	}
	return found;
}

async function listOrEmpty(folder: string): Promise<string[]> {
	try {
		return await readdir(folder);
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return [];
		}
		throw error;
	}
}

async function readTail(file: string): Promise<string> {
	const handle = await open(file, "r");
	try {
		const { size } = await handle.stat();
		const bytes = Buffer.alloc(Math.min(size, tailSize));
		await handle.read(bytes, 0, bytes.length, size - bytes.length);
		return bytes.toString("latin1");
	} finally {
		await handle.close();
	}
}
