// Measures the daemon: `node test/daemon/bench.ts`. Prints a table of figures and their budgets (design: section 11, issue 3).
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { StateStore } from "../../src/daemon/state/stateStore.ts";
import { daemonLab, fakeAgent, Watch } from "./support.ts";

const rows: { what: string; figure: string; budget: string }[] = [];
process.on("exit", () => console.table(rows));

function percentile(values: readonly number[], part: number): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}

test("from a child's stdout to a client, at 200 deltas a second", async (t) => {
	const lab = await daemonLab(t);
	const session = await lab.store.create({ agent: "fake" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const waits: number[] = [];
	client.on("delta")(({ text }) => {
		const now = performance.timeOrigin + performance.now();
		for (const moment of text.trim().split(" ")) {
			waits.push(now - Number(moment));
		}
	});
	await client.call("follow", { session: session.id });
	const prompt = { session: session.id, input: { text: "word" }, agent: fakeAgent("paced", 1000) };
	await watch.ended((await client.call("prompt", prompt)).run);
	const figure = `p50 ${percentile(waits, 0.5).toFixed(1)} ms, p95 ${percentile(waits, 0.95).toFixed(1)} ms`;
	rows.push({ what: "stdout to client, 200 deltas/s", figure, budget: "p95 50 ms to the pixel" });
});

test("deltas a second, sustained", async (t) => {
	const lab = await daemonLab(t);
	const session = await lab.store.create({ agent: "fake" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	await client.call("follow", { session: session.id });
	const memory = async () =>
		Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${client.pid}/status`, "utf8"))?.[1]) / 1024;
	const before = await memory();
	const amount = 500_000;
	const prompt = {
		session: session.id,
		input: { text: "word" },
		agent: fakeAgent("flood-deltas", amount),
	};
	const since = performance.now();
	await watch.ended((await client.call("prompt", prompt)).run);
	const seconds = (performance.now() - since) / 1000;
	rows.push({
		what: "deltas through the daemon",
		figure: `${Math.round(amount / seconds)}/s, peak +${Math.round((await memory()) - before)} MiB`,
		budget: "50,000/s, bounded memory",
	});
});

test("events through the state store, beside codexd's way", async () => {
	const folder = await mkdtemp("/tmp/skein-bench-");
	const file = (name: string) => path.join(folder, name);
	const count = 2000;
	const event = { level: "info", type: "run.started", message: "x".repeat(100) } as const;

	// What codexd does for each event: append it, then write its recent events and its state anew.
	const recent: object[] = [];
	let since = performance.now();
	for (let seq = 0; seq < count; seq++) {
		const entry = { seq, createdAt: new Date().toISOString(), ...event, detail: null };
		await appendFile(file("codexd.jsonl"), `${JSON.stringify(entry)}\n`);
		recent.push(entry);
		const cache = { maxEntries: 100, updatedAt: entry.createdAt, events: recent.slice(-100) };
		await writeFile(file("recent.json"), `${JSON.stringify(cache, null, 2)}\n`);
		await writeFile(
			file("daemon.json"),
			`${JSON.stringify({ updatedAt: entry.createdAt }, null, 2)}\n`,
		);
	}
	const theirs = (performance.now() - since) / count;

	const store = new StateStore({
		paths: {
			identity: file("identity.json"),
			state: file("state.json"),
			runs: file("runs.jsonl"),
			events: file("events.jsonl"),
			stdout: file("stdout.log"),
			stderr: file("stderr.log"),
		},
		nodeId: "n",
		root: "/",
		version: "1",
		eventCacheSize: 100,
	});
	await store.initialize();
	since = performance.now();
	for (let seq = 0; seq < count; seq++) {
		await store.recordEvent(event);
	}
	const ours = (performance.now() - since) / count;
	since = performance.now();
	await Promise.all(Array.from({ length: count }, () => store.recordEvent(event)));
	const together = (performance.now() - since) / count;
	await rm(folder, { recursive: true });
	rows.push({
		what: "an event stored",
		figure: `${ours.toFixed(3)} ms, ${together.toFixed(3)} ms when many wait; codexd ${theirs.toFixed(3)} ms`,
		budget: "less than codexd",
	});
});
