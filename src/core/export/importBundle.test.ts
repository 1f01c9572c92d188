import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { emptyWorkspace } from "../../../test/support/temporary.ts";
import { WorkspaceStore } from "../store/workspaceStore.ts";
import { sessionBundle } from "./bundle.ts";
import { importBundle } from "./importBundle.ts";

test("a session that was purged and comes back by a bundle is one like any other, and its copy is offered again", async (t) => {
	const { folder, store, locations } = await emptyWorkspace(t);
	const session = await store.create({ title: "Comes back" });
	await session.addItem(await session.startTurn(), { type: "userMessage", text: "hello" });
	const parts: Uint8Array[] = [];
	for await (const part of sessionBundle(store, session.id, () => undefined)) {
		parts.push(Buffer.from(part));
	}
	const bundle = path.join(locations.home, "bundle");
	await writeFile(bundle, Buffer.concat(parts));
	await session.trash();
	await store.purge(session.id);
	const [imported] = await importBundle(store, bundle);
	assert.equal(imported?.created, true);
	await rm(store.layout.sessions, { recursive: true });
	const again = new WorkspaceStore(folder, locations);
	t.after(() => again.close());
	assert.deepEqual(
		(await again.kept()).map(({ title }) => title),
		["Comes back"],
	);
});
