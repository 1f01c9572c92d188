import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { emptyWorkspace } from "../../../test/support/temporary.ts";
import { SessionIndex } from "../index/sessionIndex.ts";
import { parseReadInput, parseSearchInput, sessionTools } from "./sessionTools.ts";
import { readText, searchText } from "./toolTexts.ts";

test("package.json offers the same tools in the same words", () => {
	const file = path.join(import.meta.dirname, "../../../package.json");
	const { contributes } = JSON.parse(readFileSync(file, "utf8"));
	const offered = contributes.languageModelTools.map(
		({ name, modelDescription, inputSchema }: Record<string, unknown>) => [
			name,
			{ description: modelDescription, inputSchema },
		],
	);
	assert.deepEqual(Object.fromEntries(offered), sessionTools);
});

test("a hit can be read by the ids that the search gives", async (t) => {
	const { store, locations } = await emptyWorkspace(t);
	const session = await store.create({ title: "Of marsh birds" });
	const turn = await session.startTurn();
	await session.addItem(turn, { type: "userMessage", text: "What of birds?" });
	for (let at = 0; at < 5; at++) {
		await session.addItem(turn, { type: "agentMessage", text: `Filler ${at}` });
	}
	const item = await session.addItem(turn, { type: "agentMessage", text: "A bittern booms." });
	await session.completeTurn(turn);
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	t.after(() => index.close());
	await index.update();
	const input = parseSearchInput({ query: "bittern" });
	const found = searchText(await index.search(input.query, input), input);
	assert.match(found, /^1 match, newest first\.\n\n1\. Of marsh birds\n/);
	assert.match(found, new RegExp(`session: ${session.id}\\n   item: ${item}`));
	const transcript = await session.transcript();
	const read = await readText(transcript, parseReadInput({ session: session.id, item }));
	assert.match(read, /\[4\] agentMessage[^\n]*\nFiller 3\n/);
	assert.match(read, /\[6\] agentMessage[^\n]*\nA bittern booms\./);
	assert.match(read, /This is the end of the session\.$/);
	const first = await readText(transcript, parseReadInput({ session: session.id, limit: 2 }));
	assert.match(first, /Items 0 to 1 of 7\. Go on with offset 2\.$/);
});

test("an item that is too long is shortened, and an answer ends in time", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Long" });
	const turn = await session.startTurn();
	for (let at = 0; at < 30; at++) {
		await session.addItem(turn, { type: "agentMessage", text: "long words ".repeat(1000) });
	}
	await session.completeTurn(turn);
	const input = parseReadInput({ session: session.id, limit: 100 });
	const read = await readText(await session.transcript(), input);
	assert.ok(read.length < 50_000, `${read.length}`);
	assert.match(read, /\(\d+ more characters\)/);
	assert.match(read, /Go on with offset \d+\.$/);
});

test("bad input gets a sentence that says what is taken", () => {
	assert.throws(() => parseSearchInput({ query: 7 }), /search_sessions takes query/);
	assert.throws(() => parseReadInput({ session: "x", limit: 0 }), /read_session takes session/);
});
