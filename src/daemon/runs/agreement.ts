import { TaskQueue } from "../../base/async.ts";
import type { Session } from "../../core/store/session.ts";
import type { WorkspaceStore } from "../../core/store/workspaceStore.ts";
import type { RunRecord } from "../../protocol/daemon.ts";
import type { AgentListener, AgentThread } from "../drivers/driver.ts";
import type { StateStore } from "../state/stateStore.ts";

/**
 * Names and archive marks that sessions have in common with the agents' own records of them.
 * Guarantees: the side that has changed one since both last agreed wins, and ours where both have; changes about one
 * session happen one after another; a conversation is not archived at its agent while a turn of it runs, for agents end it.
 */
export class Agreement implements AgentListener {
	private readonly store: WorkspaceStore;
	private readonly state: StateStore;
	private readonly liveRun: (session: string) => RunRecord | undefined;
	/** Sessions by the agent's name of their conversation. */
	private readonly sessions = new Map<string, string>();
	private readonly queues = new Map<string, TaskQueue>();

	constructor(
		store: WorkspaceStore,
		state: StateStore,
		liveRun: (session: string) => RunRecord | undefined,
	) {
		this.store = store;
		this.state = state;
		this.liveRun = liveRun;
	}

	/** A session lives in this thread now. Resolves when both sides agree. */
	attached(id: string, thread: AgentThread): Promise<void> {
		this.sessions.set(thread.id, id);
		return this.queue(id).run(async () => {
			const run = this.liveRun(id);
			const known = this.state.getSession(id);
			const same = known?.thread === thread.id ? known : undefined;
			await this.state.upsertSession({
				session: id,
				agent: run?.agent ?? known?.agent ?? "",
				thread: thread.id,
				name: same?.name ?? null,
				archived: same?.archived ?? false,
				status: run ? "open" : "closed",
				currentTurn: run?.turn ?? null,
				updatedAt: new Date(this.store.clock()).toISOString(),
			});
			const theirs = await thread.read();
			if (!theirs) {
				return;
			}
			const name = async () => this.agreeOnName(await this.store.open(id), thread, theirs.name);
			const archive = async () =>
				this.agreeOnArchive(await this.store.open(id), thread, theirs.archived);
			// An agent does not rename what it has archived: its name waits until it is back.
			if (!theirs.archived) {
				await name();
				await archive();
			} else if (!(await archive())) {
				await name();
			}
		});
	}

	/** The agent has given a conversation a name. What we gave it ourselves comes back, and changes nothing. */
	named(thread: string, name: string, how: "given" | "made"): void {
		const theirs = name.trim();
		void this.follow(thread, async (session) => {
			const agreed = this.agreed(session).name;
			await this.agree(session.id, { name: theirs });
			const ours = session.state.title;
			const mayReplace = how === "given" || ours === "" || ours === agreed;
			const isNew = mayReplace && theirs !== "" && theirs !== agreed && theirs !== ours;
			if (isNew) {
				await session.rename(theirs);
			}
			return isNew;
		});
	}

	archived(thread: string, archived: boolean): void {
		void this.follow(thread, async (session) => {
			const agreed = this.agreed(session).archived;
			await this.agree(session.id, { archived });
			const isNew = archived !== agreed && archived !== session.state.archived;
			if (isNew) {
				await setArchived(session, archived);
			}
			return isNew;
		});
	}

	private async agreeOnName(session: Session, thread: AgentThread, theirs: string): Promise<void> {
		const ours = givenTitle(session);
		const agreed = this.agreed(session).name;
		if (theirs === ours) {
			await this.agree(session.id, { name: ours });
		} else if (theirs !== "" && theirs !== agreed && ours === agreed) {
			await this.agree(session.id, { name: theirs });
			await session.rename(theirs);
		} else if (ours !== "") {
			await thread.setName(ours);
			await this.agree(session.id, { name: ours });
		}
	}

	/** Whether it is archived at the agent after that. */
	private async agreeOnArchive(
		session: Session,
		thread: AgentThread,
		theirs: boolean,
	): Promise<boolean> {
		const ours = session.state.archived;
		if (theirs !== ours && ours === this.agreed(session).archived) {
			await this.agree(session.id, { archived: theirs });
			await setArchived(session, theirs);
			return theirs;
		}
		if (theirs !== ours) {
			if (ours && this.liveRun(session.id)) {
				return theirs;
			}
			await thread.setArchived(ours);
		}
		await this.agree(session.id, { archived: ours });
		return ours;
	}

	private agreed({ id }: Session): { name: string; archived: boolean } {
		const known = this.state.getSession(id);
		return { name: known?.name ?? "", archived: known?.archived ?? false };
	}

	private async agree(
		session: string,
		on: { readonly name?: string; readonly archived?: boolean },
	): Promise<void> {
		const known = this.state.getSession(session);
		const changed = { ...known, ...on };
		if (known && (changed.name !== known.name || changed.archived !== known.archived)) {
			await this.state.upsertSession({ ...known, ...on });
		}
	}

	/** Takes over what the agent has changed by itself; true when there was something. */
	private async follow(
		thread: string,
		change: (session: Session) => Promise<boolean>,
	): Promise<void> {
		const id = this.sessions.get(thread);
		if (id === undefined) {
			return;
		}
		const tell = (level: "info" | "warning", message: string) =>
			this.state.recordEvent({ level, type: "session.changed", message, session: id });
		try {
			const isNew = await this.queue(id).run(async () => change(await this.store.open(id)));
			if (isNew) {
				await tell("info", "The agent has renamed or archived the session.");
			}
		} catch (error) {
			const message = error instanceof Error ? error.message : String(error);
			await tell("warning", message).catch(() => undefined);
		}
	}

	private queue(session: string): TaskQueue {
		let queue = this.queues.get(session);
		if (!queue) {
			queue = new TaskQueue();
			this.queues.set(session, queue);
		}
		return queue;
	}
}

/** The title that a person gave; empty when there is none or a source made it up. */
function givenTitle({ state: { title, header } }: Session): string {
	return header?.session.untitled && header.session.title === title ? "" : title;
}

function setArchived(session: Session, archived: boolean): Promise<void> {
	return archived ? session.archive() : session.unarchive();
}
