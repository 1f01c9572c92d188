import assert from "node:assert/strict";
import * as path from "node:path";
import { after, describe, it } from "mocha";
import * as vscode from "vscode";
import type { AgentSpec, DaemonState } from "../../../../src/protocol/daemon.ts";
import { folder, newSession, skein, until } from "../support.ts";

/** A real process that speaks Codex's protocol and behaves as `mode` says. */
function fakeAgent(mode: string, amount = 100): AgentSpec {
	const repository = vscode.extensions.getExtension("skein.skein")?.extensionPath ?? "";
	const script = path.join(repository, "test/daemon/fakeAgent.mjs");
	return {
		agent: "fake",
		driver: "codex",
		command: process.execPath,
		args: [script, mode, String(amount)],
	};
}

describe("The daemon of a folder", () => {
	after(async () => {
		const { context } = await skein();
		const client = await context.daemons.of(folder()).connect();
		await client.call("stop", { force: true });
	});

	it("is started by the first who asks for it, and only then", async () => {
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		assert.deepEqual(daemon.state, { kind: "stopped" });
		assert.equal(daemon.client, undefined);
		const seen: DaemonState["kind"][] = [];
		const listener = daemon.onDidChange(() => seen.push(daemon.state.kind));
		const [client, same] = await Promise.all([daemon.connect(), daemon.connect()]);
		listener.dispose();
		assert.equal(client, same);
		assert.equal(seen[0], "starting");
		await until("it is idle", () => daemon.state.kind === "idle");
		assert.equal(daemon.status?.pid, client.pid);
	});

	it("tells of runs as they are", async () => {
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		const session = await newSession("A run");
		const client = await daemon.connect();
		const input = { text: "Say something" };
		const { run } = await client.call("prompt", {
			session,
			input,
			agent: fakeAgent("talk"),
		});
		await until("it is over", () => daemon.runs.some((each) => each.status === "completed"));
		assert.equal(daemon.runs[0]?.id, run);
		assert.equal(daemon.runOf(session), undefined);
	});
});
