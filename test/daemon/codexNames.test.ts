import assert from "node:assert/strict";
import { test } from "node:test";
import { live, nextApproval, otherCodex, shown } from "./codexLive.ts";
import { stopDaemon } from "./support.ts";

test("a name given here is the name in Codex's list", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Hi." }]]);
	await lab.turn("Hi");
	await lab.session.rename("The big plan");
	const { session, agent } = lab;
	assert.deepEqual(await lab.client.call("sync", { session: session.id, agent }), { synced: true });
	const other = await otherCodex(t, lab);
	const listed = await other.call("thread/list", { modelProviders: [] });
	const names = (listed["data"] as { name: string | null }[]).map((thread) => thread.name);
	assert.deepEqual(names, ["The big plan"]);
});

test("a name given in Codex is ours after the next sync, and later ours wins again", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Hi." }], [{ say: "Ho." }]]);
	await lab.turn("Hi");
	const other = await otherCodex(t, lab);
	const threadId = lab.session.state.agent.attachment?.thread;
	await lab.session.refresh();
	const thread = threadId ?? lab.session.state.agent.attachment?.thread;
	await other.call("thread/name/set", { threadId: thread, name: "Named over there" });
	const { session, agent } = lab;
	await lab.client.call("sync", { session: session.id, agent });
	await session.refresh();
	assert.equal(session.state.title, "Named over there");
	await session.rename("Named here");
	await lab.turn("Ho");
	// A turn does not wait for its name.
	let name: string | null | undefined;
	while (name !== "Named here") {
		const listed = await other.call("thread/list", { modelProviders: [] });
		name = (listed["data"] as { name: string | null }[])[0]?.name;
	}
});

test("an archived session is archived at Codex, and a prompt goes on in its thread all the same", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Hi." }], [{ say: "Ho." }]]);
	await lab.turn("Hi");
	await lab.session.archive();
	const { session, agent } = lab;
	await lab.client.call("sync", { session: session.id, agent });
	const other = await otherCodex(t, lab);
	const listed = await other.call("thread/list", { modelProviders: [], archived: true });
	assert.equal((listed["data"] as unknown[]).length, 1);
	assert.equal(await lab.turn("Ho"), "completed");
	assert.match(shown(lab), /Hi.*Ho/);
	await lab.watch.next("session.changed");
	await session.refresh();
	assert.equal(session.state.agent.threads.length, 1);
	assert.equal(session.state.archived, false, "a prompt takes it out of the archive on both sides");
});

test("a session archived in Codex is archived here at the next sync, and back again", async (t) => {
	const lab = await live(t);
	const { session, agent } = lab;
	lab.model.script([[{ say: "Hi." }]]);
	await lab.turn("Hi");
	await session.refresh();
	const threadId = session.state.agent.attachment?.thread;
	// A thread has one writer: nobody else archives it while our agent has it.
	await stopDaemon(lab.client);
	const other = await otherCodex(t, lab);
	const sync = async () => {
		const client = await lab.connect();
		await client.call("sync", { session: session.id, agent });
		await stopDaemon(client);
		await session.refresh();
	};
	for (const [method, archived] of [
		["thread/archive", true],
		["thread/unarchive", false],
	] as const) {
		await other.call(method, { threadId });
		await sync();
		assert.equal(session.state.archived, archived);
	}
	// Ours wins where both have changed it.
	await other.call("thread/name/set", { threadId, name: "Theirs" });
	await session.rename("Ours");
	await sync();
	assert.equal(session.state.title, "Ours");
	const listed = await other.call("thread/list", { modelProviders: [] });
	assert.equal((listed["data"] as { name: string | null }[])[0]?.name, "Ours");
});

test("archiving while a turn runs does not end it, and reaches Codex after it", async (t) => {
	const lab = await live(t);
	const { session, agent, client } = lab;
	lab.model.script([[{ run: "true" }], [{ say: "Done." }]]);
	const { run } = await lab.prompt("Go", { approvals: "untrusted" });
	const approval = await nextApproval(lab);
	await session.archive();
	assert.deepEqual(await client.call("sync", { session: session.id, agent }), { synced: true });
	await client.call("answer", { approval: approval.id, option: "accept" });
	const end = await lab.watch.ended(run);
	assert.equal(end.detail?.["status"], "completed", end.message);
	const other = await otherCodex(t, lab);
	let archived = 0;
	while (archived === 0) {
		const listed = await other.call("thread/list", { modelProviders: [], archived: true });
		archived = (listed["data"] as unknown[]).length;
	}
	await session.refresh();
	assert.equal(session.state.archived, true);
});
