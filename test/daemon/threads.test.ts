import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { userLocations } from "../../src/core/locations.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { codexLab, itemsOf, Watch } from "./support.ts";

test("the real Codex's own record of a session is listed, counted and found once, as ours", async (t) => {
	const lab = await codexLab(t);
	const locations = userLocations({ ...lab.env, ...lab.agent.env });
	const sources = createSources(locations);
	const list = async (folders: readonly string[]) => {
		const rows = await new Catalogue({ folders, sources, locations, keepCopies: false }).list();
		return rows.map(({ source, title }) => `${source}: ${title}`).sort();
	};
	const session = await lab.store.create();
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const turn = async (id: string, text: string) => {
		const prompt = {
			session: id,
			input: { text },
			agent: lab.agent,
			approvals: "never",
			sandbox: "danger-full-access",
		} as const;
		const end = await watch.ended((await client.call("prompt", prompt)).run);
		assert.equal(end.detail?.["status"], "completed", end.message);
	};
	const patch = "*** Begin Patch\n*** Add File: new.txt\n+stork\n*** End Patch";
	lab.model.script([
		[{ say: "A pelican." }],
		[{ say: "A heron." }],
		[{ patch }],
		[{ say: "A stork." }],
	]);
	await turn(session.id, "Name a bird");
	await turn(session.id, "Another one");
	assert.deepEqual(await list([]), ["codex: Name a bird"], "without our store it is Codex's");
	assert.deepEqual(await list([lab.folder]), ["skein: Name a bird"]);

	const [, bird] = await itemsOf(session);
	const fork = await lab.store.fork(session.id, bird?.id);
	await fork.rename("The fork");
	await turn(fork.id, "A third one");
	assert.deepEqual(await list([lab.folder]), ["skein: Name a bird", "skein: The fork"]);
	await Promise.all([session.refresh(), fork.refresh()]);
	const threads = [...session.state.agent.threads, ...fork.state.agent.threads];
	assert.equal(new Set(threads.map(({ thread }) => thread)).size, 2);

	const store = new WorkspaceStore(lab.folder, locations);
	const index = await SessionIndex.open({ stores: [store], sources, locations });
	t.after(() => {
		index.close();
		return store.close();
	});
	await index.update();
	const rows = await index.rows();
	assert.deepEqual(rows.map(({ id }) => id).sort(), [session.id, fork.id].sort());
	const { hits, total } = await index.search("pelican");
	assert.equal(total, 1);
	assert.equal(hits[0]?.session, session.id);
	const changed = await index.sessionsThatChanged(path.join(lab.folder, "new.txt"));
	assert.deepEqual(
		changed.map((each) => each.session),
		[fork.id],
	);
	const stats = await index.stats();
	assert.deepEqual(stats.sessions, { skein: 2 });
	assert.equal(stats.turns, 3);
	assert.equal(stats.items["agentMessage"], 3);
	assert.equal((await index.compareWithReplay()).equal, true);

	const summary = await session.summary();
	assert.equal(summary.model, "gpt-5.5", "the agent told which model answered");
	assert.equal(summary.agent, "codex");
	assert.deepEqual(
		summary.threads,
		session.state.agent.threads.map(({ thread }) => `codex:${thread}`),
	);
});
