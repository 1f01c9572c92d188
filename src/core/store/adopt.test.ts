import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { emptyWorkspace, temporaryFolder } from "../../../test/support/temporary.ts";
import { SourceCatalogue } from "../catalogue/sourceCatalogue.ts";
import type { SessionSummary } from "../model/summary.ts";
import { createCodexSource } from "../sources/codex/source.ts";
import type { Source } from "../sources/source.ts";
import { WorkspaceStore } from "./workspaceStore.ts";

const thread = "0199a213-81c0-7800-8aa1-bbab2a035a53";
let second = 0;

/** One line of a rollout as Codex 0.4x to 0.15x writes them. */
function line(type: string, payload: object): string {
	const timestamp = new Date(Date.UTC(2026, 0, 2, 3, 4, second++)).toISOString();
	return `${JSON.stringify({ timestamp, type, payload })}\n`;
}

function turn(prompt: string, answer: string): string {
	return (
		line("turn_context", { cwd: "/work", model: "gpt-5-codex" }) +
		line("event_msg", { type: "user_message", message: prompt }) +
		line("response_item", {
			type: "function_call",
			name: "shell",
			call_id: `call_${prompt}`,
			arguments: JSON.stringify({ command: ["bash", "-lc", `echo ${prompt}`] }),
		}) +
		line("response_item", {
			type: "function_call_output",
			call_id: `call_${prompt}`,
			output: JSON.stringify({ output: prompt, metadata: { exit_code: 0, duration_seconds: 0.1 } }),
		}) +
		line("event_msg", { type: "agent_message", message: answer })
	);
}

async function codexHome(t: TestContext) {
	const { folder, store } = await emptyWorkspace(t);
	const home = await temporaryFolder(t);
	const day = path.join(home, "sessions", "2026", "01", "02");
	await mkdir(day, { recursive: true });
	const rollout = path.join(day, `rollout-2026-01-02T03-04-05-${thread}.jsonl`);
	const meta = {
		id: thread,
		timestamp: "2026-01-02T03:04:05.000Z",
		cwd: folder,
		originator: "codex_cli_rs",
	};
	await writeFile(rollout, line("session_meta", meta) + turn("first", "One."));
	const source = createCodexSource({ ...store.locations, env: { CODEX_HOME: home } });
	return { folder, store, source, rollout };
}

async function onlySession(source: Source, store: WorkspaceStore): Promise<SessionSummary> {
	const catalogue = new SourceCatalogue(source, store.locations);
	await catalogue.scan();
	const [summary] = [...catalogue.rows.values()];
	assert.ok(summary);
	return summary;
}

async function texts(store: WorkspaceStore, id: string): Promise<string[]> {
	const transcript = await store.transcript(id);
	const items = await transcript.items(0, transcript.rows.length);
	return items.map(({ content }) =>
		content.type === "commandExecution"
			? `$ ${String(content.command)}`
			: String("text" in content ? content.text : ""),
	);
}

test("adopting brings in every item, and adopting again nothing", async (t) => {
	const { store, source } = await codexHome(t);
	const summary = await onlySession(source, store);
	const { session, created, items } = await store.adopt(source, summary);
	assert.ok(created);
	assert.equal(items, 3);
	assert.deepEqual(await texts(store, session.id), ["first", "$ echo first", "One."]);
	const before = await readFile(session.file);
	const again = await store.adopt(source, summary);
	assert.equal(again.session.id, session.id);
	assert.equal(again.created, false);
	assert.deepEqual(await readFile(session.file), before);
});

test("the source's bytes are all there, and every item cites its own", async (t) => {
	const { store, source, rollout } = await codexHome(t);
	const { session } = await store.adopt(source, await onlySession(source, store));
	await appendFile(rollout, turn("second", "Two."));
	await store.adopt(source, await onlySession(source, store));
	const raw = await readFile(rollout);
	const stored = session.state.imported.map((slice) => slice.content.blob);
	const parts = await Promise.all(stored.map((hash) => store.context.blobs.get(hash)));
	assert.deepEqual(Buffer.concat(parts.map((part) => part ?? Buffer.alloc(0))), raw);
	const transcript = await session.transcript();
	for (const { content } of await transcript.items(0, transcript.rows.length)) {
		const [first] = content.from ?? [];
		const bytes = await store.context.blobs.get(first?.blob ?? "");
		const cited = bytes?.subarray(first?.offset, (first?.offset ?? 0) + (first?.length ?? 0));
		assert.ok(JSON.parse(cited?.toString() ?? ""), "an item cites whole lines");
	}
});

test("growth is brought in, also where a call had no output yet", async (t) => {
	const { store, source, rollout } = await codexHome(t);
	const whole = turn("second", "Two.");
	const lines = whole.trimEnd().split("\n");
	await appendFile(rollout, `${lines.slice(0, 3).join("\n")}\n`);
	const { session, itemIds } = await store.adopt(source, await onlySession(source, store));
	assert.equal(session.state.items.size, 5);
	await appendFile(rollout, `${lines.slice(3).join("\n")}\n`);
	const grown = await store.adopt(source, await onlySession(source, store));
	assert.equal(grown.items, 1);
	for (const [sourceId, id] of itemIds) {
		assert.equal(grown.itemIds.get(sourceId), id);
	}
	const transcript = await session.transcript();
	const items = await transcript.items(0, transcript.rows.length);
	assert.deepEqual(
		items.map(({ content, status }) => `${content.type} ${status}`),
		[
			"userMessage completed",
			"commandExecution completed",
			"agentMessage completed",
			"userMessage completed",
			"commandExecution completed",
			"agentMessage completed",
		],
	);
});

test("two windows that adopt at once make one session", async (t) => {
	const { folder, store, source } = await codexHome(t);
	await store.create({ title: "So that the store is there" });
	const other = new WorkspaceStore(folder, store.locations);
	t.after(() => other.close());
	const summary = await onlySession(source, store);
	const adoptions = await Promise.all([store.adopt(source, summary), other.adopt(source, summary)]);
	assert.equal(adoptions[0].session.id, adoptions[1].session.id);
	assert.deepEqual(adoptions.map(({ created }) => created).sort(), [false, true]);
	assert.deepEqual(await texts(store, adoptions[0].session.id), ["first", "$ echo first", "One."]);
});

test("two windows that bring in the same growth at once bring it in once", async (t) => {
	const { folder, store, source, rollout } = await codexHome(t);
	const { session } = await store.adopt(source, await onlySession(source, store));
	await session.rename("A name of later");
	await appendFile(rollout, turn("second", "Two."));
	const summary = await onlySession(source, store);
	// The other one has planned its records, and is about to write them.
	const held = Promise.withResolvers<void>();
	const planned = Promise.withResolvers<void>();
	const other = new WorkspaceStore(folder, store.locations);
	t.after(() => other.close());
	const { checkNoRun } = other;
	other.checkNoRun = async (each) => {
		planned.resolve();
		await held.promise;
		return checkNoRun.call(other, each);
	};
	const late = other.adopt(source, summary);
	await planned.promise;
	assert.equal((await store.adopt(source, summary)).items, 3);
	held.resolve();
	await late;
	await session.refresh();
	assert.equal(session.state.items.size, 6);
	assert.deepEqual(session.journal.diagnostics, []);
	const transcript = await store.transcript(session.id);
	assert.deepEqual(transcript.branches, []);
	assert.deepEqual(await texts(store, session.id), [
		...["first", "$ echo first", "One."],
		...["second", "$ echo second", "Two."],
	]);
	const lines = (await readFile(session.file, "utf8")).split("\n");
	assert.ok(lines.length > new Set(lines).size + 3, "both have written");
});

test("where a person has gone on in our copy, growth at the source becomes a branch", async (t) => {
	const { store, source, rollout } = await codexHome(t);
	const { session } = await store.adopt(source, await onlySession(source, store));
	const own = await session.startTurn();
	await session.addItem(own, { type: "userMessage", text: "my own way" });
	await appendFile(rollout, turn("second", "Two."));
	await store.adopt(source, await onlySession(source, store));
	assert.deepEqual(await texts(store, session.id), ["first", "$ echo first", "One.", "my own way"]);
	const transcript = await session.transcript();
	assert.deepEqual(
		transcript.branches.map(({ label, items }) => ({ label, items })),
		[{ label: "second", items: 3 }],
	);
});

test("a purged session can be adopted again, under a new id", async (t) => {
	const { store, source } = await codexHome(t);
	const summary = await onlySession(source, store);
	const { session } = await store.adopt(source, summary);
	await session.trash();
	await store.purge(session.id);
	const again = await store.adopt(source, summary);
	assert.ok(again.created);
	assert.notEqual(again.session.id, session.id);
});
