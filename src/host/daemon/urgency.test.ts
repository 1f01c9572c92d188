import assert from "node:assert/strict";
import { it } from "node:test";
import type { DaemonState } from "../../protocol/daemon.ts";
import { mostUrgent } from "./urgency.ts";

const states: readonly DaemonState[] = [
	{ kind: "needs-you", count: 1 },
	{ kind: "crashed", reason: "It is gone.", stderr: [] },
	{ kind: "degraded", reason: "It is started again." },
	{ kind: "busy", count: 2 },
	{ kind: "starting" },
	{ kind: "stopping" },
	{ kind: "idle" },
	{ kind: "stopped" },
];

it("Of several daemons the one is shown that a person has to look at first", () => {
	for (const [place, state] of states.entries()) {
		const others = states.slice(place).toReversed();
		assert.equal(mostUrgent(others.map((each) => ({ state: each })))?.state, state);
	}
	assert.equal(mostUrgent([]), undefined);
});

it("Of equally urgent ones the first is shown", () => {
	const [first, second] = [{ state: { kind: "idle" } }, { state: { kind: "idle" } }] as const;
	assert.equal(mostUrgent([first, second]), first);
});
