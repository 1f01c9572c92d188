import assert from "node:assert/strict";
import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { Place, recordsOf } from "./harness.ts";

/** Deterministic numbers (mulberry32): a failure can be run again. */
function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Waits for the end of a process; returns its whole lines of output: an id that was cut was never given. */
async function printedIds(child: ChildProcess, onIds: (count: number) => void): Promise<string[]> {
	let text = "";
	child.stdout?.setEncoding("utf8").on("data", (part: string) => {
		text += part;
		onIds(text.split("\n").length - 1);
	});
	child.stdin?.on("error", () => undefined);
	await once(child, "close");
	return text.split("\n").slice(0, -1);
}

function items(count: number, random: () => number): string[] {
	return Array.from({ length: count }, (_, index) => {
		const type = index % 7 === 0 ? "userMessage" : "agentMessage";
		const text = `${index} ${"x".repeat(Math.floor(random() * 300))}`;
		return `${JSON.stringify({ type, text })}\n`;
	});
}

test("kill -9 during append in a loop of 200: each printed id is stored, doctor is content, the next append is not lost", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	const random = randomFrom(2026);
	const printed: string[] = [];
	const killed = new Set<number>();
	const round = async (number: number) => {
		const lines = items(30, random);
		const child = place.start(["append", id]);
		const kill = () => {
			if (child.kill("SIGKILL")) {
				killed.add(number);
			}
		};
		if (number % 2 === 0) {
			// After the k-th id came out, while more input waits to be read.
			const after = 1 + Math.floor(random() * 25);
			const ids = printedIds(child, (count) => count >= after && kill());
			child.stdin?.write(lines.join(""));
			printed.push(...(await ids));
			return;
		}
		// At any byte of the input: the lines up to there were sent one by one, the last one cut.
		const input = lines.join("");
		const cut = 1 + Math.floor(random() * (input.length - 1));
		const whole = input.slice(0, cut).split("\n").length - 1;
		const ids = printedIds(child, (count) => count >= whole && kill());
		for (const line of input.slice(0, cut).split(/(?<=\n)/)) {
			child.stdin?.write(line);
		}
		if (whole === 0) {
			kill();
		}
		printed.push(...(await ids));
	};
	for (let number = 0; number < 200; number += 2) {
		await Promise.all([round(number), round(number + 1)]);
	}
	assert.equal(killed.size, 200);
	const last = await place.append(id, [{ type: "userMessage", text: "the next append" }]);
	const stored = new Set(
		recordsOf(await readFile(place.journal(id), "utf8")).map(({ id: own }) => own),
	);
	assert.deepEqual(
		[...printed, ...last].filter((one) => !stored.has(one)),
		[],
	);
	assert.ok(printed.length > 1000, `${printed.length} ids were printed`);
	const doctor = await place.run(["doctor", "--json"]);
	assert.equal(doctor.code, 0, doctor.stdout);
	const shown = await place.json<{ items: { id: string }[] }>(["show", id]);
	assert.equal(shown.items.at(-1)?.id, last[0]);
});

test("two processes append 5,000 items each to one journal: 10,000 distinct records, none damaged", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	const input = (writer: string) =>
		Array.from(
			{ length: 5000 },
			(_, index) => `${JSON.stringify({ type: "agentMessage", text: `${writer} ${index}` })}\n`,
		).join("");
	const results = await Promise.all(
		["a", "b"].map((writer) => place.run(["append", id], { input: input(writer) })),
	);
	const printed = results.flatMap(({ stdout }) => stdout.trim().split("\n"));
	assert.equal(new Set(printed).size, 10_000);
	const records = recordsOf(await readFile(place.journal(id), "utf8"));
	const stored = records.filter(({ type }) => type === "item.completed");
	assert.equal(new Set(stored.map((record) => record.id)).size, 10_000);
	assert.deepEqual(new Set(printed), new Set(stored.map((record) => record.id)));
	const texts = new Set(stored.map(({ item }) => (item as { text: string }).text));
	assert.equal(texts.size, 10_000);
	const doctor = await place.json<{ damage: unknown[] }>(["doctor"]);
	assert.deepEqual(doctor.damage, []);
});

test("two processes append one item at a time to one journal, each waiting for its id: none is lost", async (t) => {
	const place = await Place.make(t);
	const id = await place.create();
	const writer = async (name: string): Promise<string[]> => {
		const child = place.start(["append", id]);
		const say = (index: number) =>
			child.stdin?.write(`${JSON.stringify({ type: "userMessage", text: `${name} ${index}` })}\n`);
		say(0);
		return printedIds(child, (count) => (count < 200 ? say(count) : child.stdin?.end()));
	};
	const ids = (await Promise.all([writer("a"), writer("b")])).flat();
	const stored = new Set(
		recordsOf(await readFile(place.journal(id), "utf8")).map(({ id: own }) => own),
	);
	assert.equal(new Set(ids).size, 400);
	assert.deepEqual(
		ids.filter((one) => !stored.has(one)),
		[],
	);
	assert.equal((await place.run(["doctor"])).code, 0);
});

test("git clean -fdx in the workspace: every session and payload is announced and restorable", async (t) => {
	const place = await Place.make(t);
	const git = (...args: string[]) =>
		execFileSync("git", args, { cwd: place.folder, env: place.env, stdio: "pipe" });
	git("init", "-q");
	const first = await place.create("First");
	await place.append(first, [
		{ type: "userMessage", text: "Hello" },
		{ type: "commandExecution", command: "cat big", output: "y".repeat(200_000) },
	]);
	const { session: child } = await place.json<{ session: { id: string } }>(["fork", first]);
	await place.append(child.id, [{ type: "userMessage", text: "More" }]);
	const before = await place.json(["show", child.id]);
	const journals = await Promise.all([first, child.id].map((id) => readFile(place.journal(id))));
	git("clean", "-fdxq");
	const listed = await place.run(["list", "--json"], { cwd: place.folder });
	assert.deepEqual(JSON.parse(listed.stdout).sessions, []);
	assert.match(listed.stderr, /2 sessions of this folder were removed.*restore --kept/);
	const { restored } = await place.json<{ restored: string[] }>(["restore", "--kept"]);
	assert.deepEqual(restored.sort(), [first, child.id].sort());
	assert.deepEqual(
		await Promise.all([first, child.id].map((id) => readFile(place.journal(id)))),
		journals,
	);
	assert.deepEqual(await place.json(["show", child.id]), before);
	assert.equal((await place.run(["doctor"])).code, 0);
	git("clean", "-fdxq");
	await place.json(["restore", first]);
	assert.deepEqual(await readFile(place.journal(first)), journals[0]);
	assert.equal(path.dirname(place.journal(first)).startsWith(place.folder), true);
});

test("a listing parses only journals that changed", async (t) => {
	const place = await Place.make(t);
	const store = place.store();
	for (let number = 0; number < 50; number++) {
		await store.create({ title: `Session ${number}` });
	}
	await store.close();
	await place.json(["list"]);
	const changed = await place.create("The new one");
	const trace = path.join(place.root, "opened.txt");
	await place.json(["list"], {
		env: {
			NODE_OPTIONS: `--import=${new URL("./traceOpens.mjs", import.meta.url).href}`,
			TRACE_OPENS: trace,
		},
	});
	const opened = (await readFile(trace, "utf8"))
		.split("\n")
		.filter((file) => file.endsWith(".jsonl"));
	assert.deepEqual(opened, [place.journal(changed)]);
});
