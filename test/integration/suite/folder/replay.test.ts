import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import type { TranscriptPanel } from "../../../../src/host/transcript/transcriptPanel.ts";
import { closeEditors, newSession, paintedPanel, run, say, until } from "../support.ts";

describe("Replay", () => {
	let panel: TranscriptPanel;
	const at = (position: number) =>
		until(`the position is ${position}`, () => panel.replay?.position === position);

	before(async () => {
		await closeEditors();
		const id = await newSession("Replayed");
		await say(id, "One", "Two");
		await say(id, "Three", "Four");
		await say(id, "Five", "Six");
		await run("replaySession", [{ id }]);
		panel = await paintedPanel("Replayed");
		await until("it replays", () => panel.isReplaying);
	});
	after(closeEditors);

	it("pauses and plays", async () => {
		const playing = panel.replay?.playing;
		await run("replayToggle");
		await until("it is toggled", () => panel.replay?.playing !== playing);
		if (panel.replay?.playing) {
			await run("replayToggle");
			await until("it pauses", () => panel.replay?.playing === false);
		}
	});

	it("goes to the end and to the start", async () => {
		await run("replayToEnd");
		await at(5);
		await run("replayToStart");
		await at(0);
	});

	it("steps by item", async () => {
		await run("replayNextItem");
		await at(1);
		await run("replayPreviousItem");
		await at(0);
	});

	it("steps by turn", async () => {
		await run("replayNextTurn");
		await until("it is in the second turn", () => (panel.replay?.position ?? 0) >= 2);
		const position = panel.replay?.position ?? 0;
		await run("replayPreviousTurn");
		await until("it went back", () => (panel.replay?.position ?? 9) < position);
	});

	it("changes its speed", async () => {
		await run("replayFaster");
		await run("replaySlower");
		assert.ok(panel.isReplaying);
	});

	it("ends", async () => {
		await run("replayStop");
		await until("it has ended", () => !panel.isReplaying);
	});
});
