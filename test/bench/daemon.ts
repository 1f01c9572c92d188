import { readFile } from "node:fs/promises";
import { daemonLab, fakeAgent, Watch } from "../daemon/support.ts";
import { samples } from "./measure.ts";
import { ms, type Row, type Section } from "./table.ts";

/** A live turn through the daemon, as it is shipped: what an agent's output costs on its way to a window. */
export async function liveRuns(quick: boolean): Promise<Section> {
	const rows = [
		await withLab((lab) => delay(lab, quick ? 400 : 2000)),
		await withLab((lab) => flood(lab, quick ? 200_000 : 2_000_000)),
	];
	return {
		title: "Live runs",
		rows,
		notes: [
			"The agent is a Node.js process that writes Codex's protocol; the daemon journals every delta and sends it to one client. Memory is what the system counts for the daemon's process.",
		],
	};
}

type Lab = Awaited<ReturnType<typeof daemonLab>>;

async function withLab(measure: (lab: Lab) => Promise<Row>): Promise<Row> {
	const after: (() => unknown)[] = [];
	const lab = await daemonLab({ after: (task) => void after.push(task) });
	try {
		return await measure(lab);
	} finally {
		for (const task of after) {
			await task();
		}
	}
}

async function turn(lab: Lab, mode: string, amount: number) {
	const session = await lab.store.create();
	const client = await lab.connect();
	const watch = await Watch.on(client);
	await client.call("follow", { session: session.id });
	const run = async () => {
		const agent = fakeAgent(mode, amount);
		const prompt = { session: session.id, input: { text: "word" }, agent };
		const end = await watch.ended((await client.call("prompt", prompt)).run);
		if (end.detail?.["status"] !== "completed") {
			throw new Error(`The turn was not completed: ${end.message}`);
		}
	};
	return { client, run };
}

async function delay(lab: Lab, amount: number): Promise<Row> {
	const { client, run } = await turn(lab, "paced", amount);
	const waits: number[] = [];
	client.on("delta")(({ text }) => {
		const now = performance.timeOrigin + performance.now();
		for (const moment of text.trim().split(" ")) {
			waits.push(now - Number(moment));
		}
	});
	await run();
	const { median } = samples(waits);
	const p95 = waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.95)] ?? Number.NaN;
	return {
		what: "a delta from the agent's output to a window's process, 200 a second",
		ours: `p95 ${ms(p95)} (median ${ms(median)})`,
		budget: "<= 50 ms to the pixel",
		ok: p95 <= 50,
	};
}

/** Time that a process has computed, seconds. */
async function processorTime(pid: number): Promise<number> {
	const text = await readFile(`/proc/${pid}/stat`, "utf8");
	const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
	// utime and stime, in hundredths of a second.
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process now and at most, MiB. */
async function memoryOf(pid: number): Promise<{ now: number; most: number }> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	const value = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
	return { now: value("VmRSS"), most: value("VmHWM") };
}

async function flood(lab: Lab, amount: number): Promise<Row> {
	const { client, run } = await turn(lab, "flood-items", amount);
	const before = await memoryOf(client.pid);
	let deltas = 0;
	const middle: number[] = [];
	client.on("delta")(({ text }) => {
		deltas += text.length;
	});
	const timer = setInterval(async () => middle.push((await memoryOf(client.pid)).now), 250);
	const since = performance.now();
	const computed = await processorTime(client.pid);
	await run();
	const seconds = (performance.now() - since) / 1000;
	const core = (await processorTime(client.pid)) - computed;
	clearInterval(timer);
	const { most } = await memoryOf(client.pid);
	const half = Math.floor(middle.length / 2);
	const growth = Math.max(...middle.slice(half)) - Math.max(...middle.slice(0, half));
	const rate = amount / seconds;
	return {
		what: `${amount.toLocaleString("en")} deltas through the daemon, ${(deltas / 2 ** 20).toFixed(0)} MB of text`,
		ours: `${Math.round(rate).toLocaleString("en")} a second, ${Math.round((core / amount) * 1e6)} µs of a core each; ${Math.round(before.now)} MiB before, ${Math.round(most)} MiB at most, ${growth > 0 ? "+" : ""}${Math.round(growth)} MiB in the second half`,
		budget: ">= 50,000 a second, <= 250 MiB more",
		ok: rate >= 50_000 && most - before.now <= 250,
	};
}
