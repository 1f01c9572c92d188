import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import type * as vscode from "vscode";
import { SessionPrompts } from "../../../../src/host/transcript/composerPrompts.ts";
import { Conversation } from "../../../../src/host/transcript/liveConversation.ts";
import type { PromptDraft, ToLivePage } from "../../../../src/protocol/live.ts";
import { endDaemon, fakeAgent } from "../agents.ts";
import {
	closeEditors,
	folder,
	newSession,
	paintedPanel,
	records,
	skein,
	until,
} from "../support.ts";

/** What a window remembers, without the window. */
function memory(): vscode.Memento {
	const values = new Map<string, unknown>();
	return {
		keys: () => [...values.keys()],
		get: (key: string, otherwise?: unknown) => values.get(key) ?? otherwise,
		update: async (key: string, value: unknown) => void values.set(key, value),
	} as vscode.Memento;
}

/** The window's prompts, for an agent that asks once in every turn. */
async function prompts(): Promise<SessionPrompts> {
	const { context, live } = await skein();
	const spec = fakeAgent("asks");
	const agent = { id: spec.agent, label: spec.agent, driver: "codex" as const, spec };
	const choice = { agent, model: undefined, sandbox: undefined };
	const choices: typeof live.choices = Object.create(live.choices, {
		of: { value: () => choice },
		keep: { value: async () => undefined },
	});
	const { daemons, recording, reader, log } = context;
	return new SessionPrompts({
		...{ daemons, recording, reader, log, choices, images: live.images },
		memory: memory(),
	});
}

const draft = (text: string, more: Partial<PromptDraft> = {}): PromptDraft => ({
	...{ text, mentions: [], images: [] },
	...more,
});
const given = (session: string) =>
	records(session)
		.map((record) => JSON.stringify(record))
		.filter((line) => line.includes('"type":"userMessage"'));

describe("Prompts that wait for a turn to end", () => {
	before(closeEditors);
	after(endDaemon);

	/** Lets the turn that asks go on to its end. */
	async function answer(session: string, run: string | undefined): Promise<void> {
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		const asked = await until("it asks", () =>
			daemon.approvals.find((each) => each.session === session && each.run === run),
		);
		await daemon.client?.call("answer", { approval: asked.id, option: "accept", answers: {} });
		await until("the turn is over", () => daemon.runOf(session)?.id !== run);
	}

	const runOf = async (session: string) => {
		const { context } = await skein();
		return (await until("it runs", () => context.daemons.of(folder()).runOf(session))).id;
	};

	it("one that is being changed waits until it is changed, then goes as it was changed", async () => {
		const session = await newSession("Changed while it waits");
		const queued = await prompts();
		await queued.give(session, folder(), draft("first"), "send");
		const run = await runOf(session);
		assert.equal(
			(await queued.give(session, folder(), draft("second"), "queue")).outcome,
			"queued",
		);
		const id = queued.queueOf(session).prompts[0]?.id ?? "";
		queued.beginEdit(session, id);
		await answer(session, run);
		await until("its time has come", () => queued.queueOf(session).isDue);
		assert.equal(given(session).length, 1);
		assert.equal(await queued.editQueued(session, id, "second, changed"), true);
		const next = await runOf(session);
		assert.match(given(session).at(-1) ?? "", /second, changed/);
		assert.equal(await queued.editQueued(session, id, "too late"), false);
		await answer(session, next);
		queued.dispose();
	});

	it("one whose editor is closed while it is changed is held", async () => {
		const session = await newSession("Left while it is changed");
		const queued = await prompts();
		await queued.give(session, folder(), draft("first"), "send");
		const run = await runOf(session);
		await queued.give(session, folder(), draft("second"), "queue");
		const id = queued.queueOf(session).prompts[0]?.id ?? "";
		queued.beginEdit(session, id);
		await answer(session, run);
		await until("its time has come", () => queued.queueOf(session).isDue);
		await queued.abandonEdit(session, id);
		const { held, prompts: waiting } = queued.queueOf(session);
		assert.deepEqual([held, waiting.map(({ text }) => text)], [true, ["second"]]);
		assert.equal(given(session).length, 1);
		queued.dispose();
	});

	it("one that cannot be sent is where it was, with the reason", async () => {
		const session = await newSession("Not sent");
		const queued = await prompts();
		const gone = {
			images: [{ hash: `sha256:${"0".repeat(64)}`, mime: "image/png", name: "dot.png" }],
		};
		await queued.give(session, folder(), draft("first"), "send");
		const run = await runOf(session);
		await queued.give(session, folder(), draft("second", gone), "queue");
		await queued.give(session, folder(), draft("third", gone), "queue");
		await answer(session, run);
		const reason = "dot.png is not there any more. Remove it and attach it again.";
		await until("it is held", () => queued.queueOf(session).held);
		assert.equal(queued.queueOf(session).reason, reason);
		const third = queued.queueOf(session).prompts[1]?.id ?? "";
		assert.equal((await queued.sendQueued(session, third))?.outcome, "queued");
		const texts = () => queued.queueOf(session).prompts.map(({ text }) => text);
		assert.deepEqual(texts(), ["second", "third"]);
		assert.equal(queued.queueOf(session).reason, reason);
		queued.dispose();
	});
});

describe("A prompt whose page has gone", () => {
	after(closeEditors);

	it("is told to the next page; and when the editor is closed, to the person", async () => {
		const { live, prompts: asked } = await skein();
		await newSession("Gone page");
		const panel = await paintedPanel("Gone page");
		const told: ToLivePage[] = [];
		const conversation = new Conversation(
			{
				get opened() {
					return panel.opened;
				},
				post: (message) => told.push(message),
				refresh: async () => undefined,
			},
			live,
		);
		const images = [{ hash: `sha256:${"0".repeat(64)}`, mime: "image/png", name: "dot.png" }];
		const prompt = (id: string) =>
			conversation.handle({ type: "prompt", id, way: "send", draft: draft("Look", { images }) });
		const outcomes = () => told.splice(0).filter((each) => each.type === "prompted");
		conversation.start();
		const sending = prompt("one");
		conversation.stop();
		await sending;
		const message = "dot.png is not there any more. Remove it and attach it again.";
		const failed = { type: "prompted", outcome: "failed", message } as const;
		assert.deepEqual(outcomes(), [{ ...failed, id: "one" }]);
		conversation.start();
		await conversation.handle({ type: "resume", prompts: ["one", "two"], editing: null });
		assert.deepEqual(outcomes(), [
			{ ...failed, id: "one" },
			{ type: "prompted", id: "two", outcome: "unknown" },
		]);

		asked.reset();
		const late = prompt("three");
		conversation.dispose();
		await late;
		assert.deepEqual(
			asked.asked.map((each) => each.message),
			[message],
		);
		assert.equal(live.prompts.history.at(-1), "Look");
		asked.reset();
	});
});
