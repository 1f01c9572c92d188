import assert from "node:assert/strict";
import { appendFile, readFile } from "node:fs/promises";
import { test } from "node:test";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import type { Session } from "../../src/core/store/session.ts";
import { emptyWorkspace } from "../support/temporary.ts";

// What the original does, OpenCode-compatible sessions without OpenCode, on our code; and each of its faults.

async function prompt(session: Session, question: string, answer: string): Promise<string[]> {
	const turn = await session.startTurn({ model: "provider/model" });
	const ids = [
		await session.addItem(turn, { type: "userMessage", text: question }),
		await session.addItem(turn, { type: "agentMessage", text: answer }),
	];
	await session.completeTurn(turn);
	return ids;
}

async function texts(session: Session): Promise<string[]> {
	const transcript = await session.transcript();
	const items = await transcript.items(0, transcript.rows.length);
	return items.map(({ content }) => ("text" in content ? String(content.text) : content.type));
}

test("seed 003: create, get, update and list newest first, in several workspaces", async (t) => {
	const [one, two] = [await emptyWorkspace(t), await emptyWorkspace(t)];
	const first = await one.store.create({ title: "First", agent: "build", model: "provider/model" });
	const second = await one.store.create({ title: "Second" });
	await two.store.create({ title: "Elsewhere" });
	await prompt(first, "hello", "hi");
	await first.rename("First, renamed");
	const catalogue = new Catalogue({
		folders: [one.folder],
		sources: [],
		locations: one.locations,
		keepCopies: false,
	});
	const rows = await catalogue.list();
	assert.deepEqual(
		rows.map(({ id, title, agent, items }) => ({ id, title, agent, items })),
		[
			{ id: first.id, title: "First, renamed", agent: "build", items: 2 },
			{ id: second.id, title: "Second", agent: null, items: 0 },
		],
	);
	await assert.rejects(two.store.open(first.id), { reason: "no-such-session" });
});

test("seed 003: messages have parts: text, thinking, code, tool calls with their results", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create();
	const turn = await session.startTurn();
	const parts = [
		{ type: "userMessage", text: "list the files" },
		{ type: "reasoning", text: "I should look." },
		{ type: "toolCall", tool: "list", input: { path: "." }, output: "a.ts\nb.ts" },
		{ type: "commandExecution", command: "ls", output: "a.ts\n", exitCode: 0 },
		{ type: "agentMessage", text: "```ts\nconst a = 1;\n```" },
	];
	for (const part of parts) {
		await session.addItem(turn, part);
	}
	const transcript = await session.transcript();
	const items = await transcript.items(0, 10);
	assert.deepEqual(
		items.map(({ content }) => content),
		parts,
	);
});

test("seed 003: a message streams: pending, streaming, completed; or ends in an error", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create();
	const turn = await session.startTurn();
	const [started] = await session.append([
		{ type: "item.started", turn, item: { type: "agentMessage", text: "" } },
	]);
	const itemId = started?.id ?? "";
	const status = async () =>
		(await session.transcript()).rows.map((row) => row.kind === "item" && row.status);
	assert.deepEqual(await status(), ["running"]);
	await session.append([{ type: "item.updated", itemId, append: { text: "Hel" } }]);
	await session.append([{ type: "item.updated", itemId, append: { text: "lo" } }]);
	assert.deepEqual(await texts(session), ["Hello"]);
	const item = { type: "agentMessage" as const, text: "Hello." };
	await session.append([{ type: "item.completed", turn, itemId, item }]);
	assert.deepEqual([await status(), await texts(session)], [["completed"], ["Hello."]]);
	await session.addItem(turn, {
		type: "toolCall",
		tool: "x",
		status: "failed",
		output: "no such tool",
	});
	assert.deepEqual(await status(), ["completed", "failed"]);
});

test("seed 003's fault: reverting or deleting in a fork or its parent never touches the other", async (t) => {
	const { store } = await emptyWorkspace(t);
	const parent = await store.create({ title: "Parent" });
	const [question] = await prompt(parent, "one", "two");
	await prompt(parent, "three", "four");
	const fork = await store.fork(parent.id);
	assert.equal((await fork.summary()).title, "Parent (fork)");
	await parent.revertTo(question ?? null);
	assert.deepEqual(await texts(parent), ["one"]);
	assert.deepEqual(await texts(fork), ["one", "two", "three", "four"]);
	await prompt(fork, "five", "six");
	await fork.trash();
	await store.purge(fork.id);
	assert.deepEqual(await texts(parent), ["one"]);
	await parent.unrevert();
	assert.deepEqual(await texts(parent), ["one", "two", "three", "four"]);
});

test("seed 003's fault: a revert destroys nothing", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create();
	const [first] = await prompt(session, "one", "two");
	await prompt(session, "three", "four");
	await session.revertTo(first ?? null);
	await prompt(session, "another way", "yes");
	assert.deepEqual(await texts(session), ["one", "another way", "yes"]);
	const { branches } = await session.transcript();
	const [branch] = branches.filter(({ label }) => label === "three");
	await session.revertTo(branch?.head ?? null);
	assert.deepEqual(await texts(session), ["one", "two", "three", "four"]);
});

test("seed 003's fault: the cost of a message is its own bytes, not the store's", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create();
	for (let index = 0; index < 50; index++) {
		await prompt(session, `question ${index}`, "answer ".repeat(50));
	}
	const before = await readFile(session.file);
	await prompt(session, "one more", "yes");
	const after = await readFile(session.file);
	assert.deepEqual(after.subarray(0, before.length), before);
	assert.ok(after.length - before.length < 1000);
});

test("seed 003's fault: a corrupt file is not an empty store", async (t) => {
	const { store } = await emptyWorkspace(t);
	const good = await store.create({ title: "Good" });
	const bad = await store.create({ title: "Bad" });
	await prompt(bad, "one", "two");
	await appendFile(bad.file, Buffer.from([0xff, 0, 0xfe, 10]));
	const catalogue = new Catalogue({
		folders: [store.folder],
		sources: [],
		locations: store.locations,
		keepCopies: false,
	});
	const rows = await catalogue.list();
	assert.deepEqual(
		rows
			.map(({ title, items, diagnostics }) => ({ title, items, diagnostics }))
			.toSorted((a, b) => a.items - b.items),
		[
			{ title: "Good", items: 0, diagnostics: 0 },
			{ title: "Bad", items: 2, diagnostics: 1 },
		],
	);
	assert.equal((await good.summary()).title, "Good");
});
