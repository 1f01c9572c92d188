import { Emitter, type Event } from "../../base/event.ts";
import type { DaemonClient } from "../../daemon/client/client.ts";
import { LiveSession } from "../../daemon/client/liveSession.ts";
import type { LiveItem } from "../../protocol/daemon.ts";

/** The streaming text of a session, as one of its editors follows it. */
export interface Following {
	/** Items under way with their whole texts so far. */
	readonly items: ReadonlyMap<string, LiveItem>;
	/** An item has got text. */
	readonly onText: Event<LiveItem>;
	/** The journal has grown. */
	readonly onGrown: Event<void>;
	/** An item is whole: its text is not needed any more. */
	forget(item: string): void;
	dispose(): void;
}

interface Shared {
	readonly live: LiveSession;
	readonly items: Map<string, LiveItem>;
	readonly text: Emitter<LiveItem>;
	readonly grown: Emitter<void>;
	followers: number;
}

/**
 * Follows sessions for the editors of a window. The daemon knows one follower of a session a connection, a window may have
 * several editors of it: they share.
 */
export class LiveSessions {
	private readonly shared = new WeakMap<DaemonClient, Map<string, Shared>>();

	follow(client: DaemonClient, session: string): Following {
		const ofClient = this.shared.get(client) ?? new Map<string, Shared>();
		this.shared.set(client, ofClient);
		let shared = ofClient.get(session);
		if (!shared) {
			shared = begin(client, session);
			ofClient.set(session, shared);
		}
		const { live, items, text, grown } = shared;
		const mine = shared;
		mine.followers++;
		let followed = true;
		return {
			items,
			onText: text.event,
			onGrown: grown.event,
			forget(item) {
				items.delete(item);
				live.forget(item);
			},
			dispose() {
				if (followed) {
					followed = false;
					mine.followers--;
				}
				if (mine.followers === 0 && ofClient.get(session) === mine) {
					ofClient.delete(session);
					live.dispose();
				}
			},
		};
	}
}

function begin(client: DaemonClient, session: string): Shared {
	const live = new LiveSession(client, session);
	const items = new Map<string, LiveItem>();
	const text = new Emitter<LiveItem>();
	const grown = new Emitter<void>();
	live.onText((item) => {
		items.set(item.id, item);
		text.fire(item);
	});
	live.onGrown(() => grown.fire());
	// A connection that ends while it is asked is followed anew when there is another.
	live.start().catch(() => undefined);
	return { live, items, text, grown, followers: 0 };
}
