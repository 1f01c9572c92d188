import type { ComposerState } from "../../src/protocol/live.ts";
import type { ToTranscript } from "../../src/protocol/webview.ts";
import { everyday } from "./fixtures.ts";
import { Harness } from "./harness.ts";

/** A composer that waits for a prompt. */
export const idle: ComposerState = {
	agent: "Codex",
	model: null,
	sandbox: "workspace-write",
	canSteer: true,
	queue: [],
	queueHeld: false,
};

export const run = {
	id: "r",
	status: "running",
	startedAt: "2026-03-04T09:15:00.000Z",
	mine: true,
	client: 'the window "parcel"',
} as const;

/** A composer while a turn of this window's runs. */
export const running: ComposerState = { ...idle, run };

/** A command that waits to be allowed; the item is the second one. */
export const approval: Extract<ToTranscript, { type: "approvals" }>["open"][number] = {
	id: "a1",
	session: "s",
	turn: "t",
	run: "r",
	item: "item-1",
	kind: "command",
	title: "rm -r build",
	reason: "The build folder is stale.",
	options: [
		{ id: "decline", label: "Decline", kind: "rejectOnce" },
		{ id: "accept", label: "Allow", kind: "allowOnce" },
	],
	questions: [],
	requestedAt: "2026-03-04T09:15:00.000Z",
};

export const composer = (state: ComposerState | null): ToTranscript => ({
	type: "composer",
	state,
});

/** A page with a composer. */
export async function openLive(state: ComposerState, fixture = everyday()): Promise<Harness> {
	const harness = await Harness.open(fixture);
	await harness.heard("painted");
	await harness.send(composer(state));
	await harness.page.locator("skein-composer").first().waitFor();
	return harness;
}

/** The text box of the composer. */
export const box = ({ page }: Harness) => page.locator(".composer .box > textarea");
