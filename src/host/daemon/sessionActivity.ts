import { DisposableStore } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { isLive } from "../views/runsNodes.ts";
import type { Daemons } from "./daemons.ts";

/** What an agent does in a session now: it works, or it waits for a person. */
export type Activity = "running" | "waiting";

/** The sessions in which an agent is at work, for the rows of the trees. */
export class SessionActivity {
	/** The sessions in which something began, ended or changed. */
	readonly onDidChange: Event<ReadonlySet<string>>;
	private readonly daemons: Daemons;
	private readonly changed = new Emitter<ReadonlySet<string>>();
	private readonly disposables = new DisposableStore();
	private sessions: ReadonlyMap<string, Activity> = new Map();

	constructor(daemons: Daemons) {
		this.daemons = daemons;
		this.onDidChange = this.changed.event;
		this.disposables.add(daemons.onDidChange(() => this.look()));
	}

	of(session: string): Activity | undefined {
		return this.sessions.get(session);
	}

	dispose(): void {
		this.disposables.dispose();
	}

	private look(): void {
		const before = this.sessions;
		const now = new Map<string, Activity>();
		for (const { runs, approvals } of this.daemons.all) {
			for (const run of runs.filter(isLive)) {
				const waits = approvals.some((approval) => approval.run === run.id);
				now.set(run.session, waits ? "waiting" : "running");
			}
		}
		this.sessions = now;
		const all = [...before.keys(), ...now.keys()];
		const changed = new Set(all.filter((session) => before.get(session) !== now.get(session)));
		if (changed.size > 0) {
			this.changed.fire(changed);
		}
	}
}
