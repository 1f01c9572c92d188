import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { sessionTools } from "../../src/core/tools/sessionTools.ts";
import { Place } from "./harness.ts";

interface Response {
	readonly id: number;
	readonly result: {
		readonly tools: readonly { readonly name: string; readonly annotations: object }[];
		readonly content: readonly { readonly text: string }[];
		readonly isError: boolean;
	};
}

test("mcp serves both tools over stdio, read-only, and ends with its input", async (t) => {
	const place = await Place.make(t);
	const id = await place.create("Of grebes");
	const [, item] = await place.append(id, [
		{ type: "userMessage", text: "What do grebes do?" },
		{ type: "agentMessage", text: "They dance on water." },
	]);
	const child = place.start(["mcp"]);
	const closed = new Promise((resolve) => child.on("close", resolve));
	assert.ok(child.stdout && child.stdin);
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const { stdin } = child;
	let requests = 0;
	const tell = (message: object) =>
		stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
	const ask = async (method: string, params: object): Promise<Response["result"]> => {
		tell({ id: ++requests, method, params });
		const response: Response = JSON.parse((await lines.next()).value);
		assert.equal(response.id, requests);
		return response.result;
	};
	const call = (name: string, input: object) => ask("tools/call", { name, arguments: input });
	const clientInfo = { name: "test", version: "1" };
	await ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
	tell({ method: "notifications/initialized" });

	const { tools } = await ask("tools/list", {});
	assert.deepEqual(
		tools.map(({ name }) => name),
		Object.keys(sessionTools),
	);
	assert.ok(tools.every(({ annotations }) => "readOnlyHint" in annotations));

	const found = await call("search_sessions", { query: "dance" });
	assert.match(found.content[0]?.text ?? "", new RegExp(`session: ${id}\\n   item: ${item}`));
	const read = await call("read_session", { session: id, item });
	assert.match(read.content[0]?.text ?? "", /What do grebes do\?[\s\S]*They dance on water\./);

	// What is said while it serves is found too.
	await place.append(id, [{ type: "userMessage", text: "And coots?" }]);
	const later = await call("search_sessions", { query: "coots" });
	assert.match(later.content[0]?.text ?? "", /^1 match/);

	const wrong = await call("search_sessions", { query: "(coots" });
	assert.equal(wrong.isError, true);
	assert.match(wrong.content[0]?.text ?? "", /Character 1 of the search: .*never closed/);
	const missing = await call("read_session", { session: "01ARZ3NDEKTSV4RRFFQ69G5FAV" });
	assert.equal(missing.isError, true);

	stdin.end();
	assert.equal(await closed, 0);
});
