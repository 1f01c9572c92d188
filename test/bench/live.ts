import * as fs from "node:fs";
import * as path from "node:path";
import { openVSCode, type VSCodeWindow } from "../e2e/harness.ts";
import { begun, composerBox, say } from "../e2e/liveAgents.ts";
import { samples } from "./measure.ts";
import { scratch } from "./place.ts";
import { ms, type Section } from "./table.ts";

/** The agent's pieces a second, and how long its answer is before they come. Characters. */
const pace = 200;
const beginning = 100_000;

/** From an agent's standard output to the pixel, through the daemon, the window and its page; and what a frame costs the page. */
export async function liveText(quick: boolean): Promise<Section> {
	const pieces = quick ? 1000 : 4000;
	const folder = scratch();
	await using window = await openVSCode({
		workspace: "empty",
		sessions: "none",
		settings: { "skein.codex.path": agent(folder, pieces) },
	});
	try {
		const { latencies, frames, longest } = await measured(window, folder, pieces);
		const [latency, frame] = [samples(latencies), samples(frames)];
		const [p95, frame95] = [at95(latencies), at95(frames)];
		return {
			title: "Live text",
			rows: [
				{
					what: `agent's output to painted pixel, ${pace} pieces a second behind ${beginning / 1000} KB, p95`,
					ours: `${ms(p95)} (median ${ms(latency.median)})`,
					budget: "50 ms",
					ok: p95 <= 50,
				},
				{
					what: "the page's own work in a frame meanwhile, p95",
					ours: `${ms(frame95)} (median ${ms(frame.median)}, longest ${ms(longest)})`,
					budget: "8 ms",
					ok: frame95 <= 8,
				},
			],
			notes: [
				`${latencies.length} pieces, each with the moment of its writing by the agent's clock; seen by the page after the frame that painted it, by the same machine's clock.`,
			],
		};
	} catch (error) {
		await window.keepScreenshot("bench-live-failed");
		window.keepLogs("bench-live-failed");
		throw error;
	}
}

function at95(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor((sorted.length - 1) * 0.95)] ?? Number.NaN;
}

/** A program for the setting of Codex's path. */
function agent(folder: string, pieces: number): string {
	const file = path.join(folder, "paced-agent");
	const script = path.join(import.meta.dirname, "pacedAgent.mjs");
	// Its first argument, `app-server`, is not the script's.
	const line = `exec '${process.execPath}' '${script}' ${pieces} ${pace} ${beginning} '${path.join(folder, go)}'`;
	fs.writeFileSync(file, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
	return file;
}

/** The file that lets the agent go on. */
const go = "go";

interface Measured {
	readonly latencies: number[];
	readonly frames: number[];
	readonly longest: number;
}

async function measured(window: VSCodeWindow, folder: string, pieces: number): Promise<Measured> {
	await begun(window);
	await window.runCommand("Skein: New Session");
	await composerBox(window).waitFor();
	await window.inTranscript(watch);
	await say(window, "Begin");
	const working = window.transcript().locator(".working");
	await working.waitFor();
	await window.transcript().getByText("The beginning ends here.").waitFor();
	fs.writeFileSync(path.join(folder, go), "");
	await working.waitFor({ state: "detached", timeout: (pieces / pace + 60) * 1000 });
	const seen = await window.inTranscript<Measured>("window.seen");
	if (seen.latencies.length < pieces * 0.95) {
		throw new Error(`Only ${seen.latencies.length} of ${pieces} pieces were seen.`);
	}
	return seen;
}

/** Notes in the page when each piece was painted, and how long each of its frame's own work took. */
const watch = `(() => {
	window.seen = { latencies: [], frames: [], longest: 0 };
	const { seen } = window;
	const now = () => performance.timeOrigin + performance.now();
	const frame = window.requestAnimationFrame.bind(window);
	let begun = false;
	let inFrame = false;
	window.requestAnimationFrame = (callback) => frame((time) => {
		inFrame = true;
		const start = performance.now();
		callback(time);
		if (begun) {
			const took = performance.now() - start;
			seen.frames.push(took);
			seen.longest = Math.max(seen.longest, took);
		}
		afterThisFrame();
		// The observer is told of what the callback changed before this.
		queueMicrotask(() => {
			inFrame = false;
		});
	});
	let last = 0;
	let asked = false;
	const painted = () => {
		asked = false;
		const at = now();
		const groups = document.querySelectorAll("article.agentMessage .prose.live > .blocks");
		const blocks = [groups[groups.length - 2], groups[groups.length - 1]].flatMap((group) => [...(group?.children ?? [])]);
		const fresh = [];
		// From the end to what was seen before, so that looking costs little beside what is measured.
		for (const block of blocks.reverse()) {
			const moments = Array.from(block.textContent.matchAll(/(\\d{13}\\.?\\d*)~/g), ([, written]) => Number(written));
			fresh.push(...moments.filter((moment) => moment > last));
			if (moments[0] <= last) {
				break;
			}
		}
		for (const moment of fresh) {
			begun = true;
			last = Math.max(last, moment);
			seen.latencies.push(at - moment);
		}
	};
	const channel = new MessageChannel();
	channel.port1.onmessage = painted;
	// A message that is posted while a frame is made comes when it has been painted.
	const afterThisFrame = () => {
		if (!asked) {
			asked = true;
			channel.port2.postMessage(null);
		}
	};
	// What is changed between frames is painted with the next one.
	const look = () => inFrame || frame(afterThisFrame);
	new MutationObserver(look).observe(document.body, { childList: true, characterData: true, subtree: true });
})()`;
