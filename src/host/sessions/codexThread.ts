import type { SessionSummary } from "../../core/model/summary.ts";

/** Codex's thread ids. Nothing else is ever handed to a process. */
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Codex's id of a session of its own, or of the one that ours was imported from; undefined where there is none. */
export function codexThread({ source, id, origin }: SessionSummary): string | undefined {
	const native =
		source === "codex"
			? id.slice("codex:".length)
			: origin?.source === "codex"
				? origin.id.replace(/^codex:/, "")
				: undefined;
	return native !== undefined && uuidPattern.test(native) ? native : undefined;
}
