import type { DaemonState } from "../../protocol/daemon.ts";

/** What a person has to do something about comes first. */
const order: readonly DaemonState["kind"][] = [
	"needs-you",
	"crashed",
	"degraded",
	"busy",
	"starting",
	"stopping",
	"idle",
	"stopped",
];

/** The one to show where there is room for one: the first of the most urgent; undefined when there is none. */
export function mostUrgent<T extends { readonly state: DaemonState }>(
	daemons: readonly T[],
): T | undefined {
	for (const kind of order) {
		const found = daemons.find(({ state }) => state.kind === kind);
		if (found) {
			return found;
		}
	}
	return undefined;
}
