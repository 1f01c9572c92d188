import assert from "node:assert/strict";
import { test } from "node:test";
import { startCodex } from "../../scripts/lib/codexClient.ts";
import { StoreCatalogue } from "../../src/core/catalogue/storeCatalogue.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { AgentNames } from "../../src/host/daemon/agentNames.ts";
import { SessionList } from "../../src/host/sessions/sessionList.ts";
import { codexLab, Watch } from "./support.ts";

test("what a window renames and archives is so in the real Codex's lists", async (t) => {
	const lab = await codexLab(t);
	const session = await lab.store.create({ agent: "codex" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const failed: string[] = [];
	const list = new SessionList();
	list.setFolders([lab.folder]);
	const names = new AgentNames({
		list,
		clientOf: (folder) => (folder === lab.folder ? client : undefined),
		agentOf: (agent) => (agent === "codex" ? lab.agent : undefined),
		failed: (sentence) => failed.push(sentence),
	});
	t.after(() => names.dispose());
	const catalogue = new StoreCatalogue(new WorkspaceStore(lab.folder, lab.store.locations));
	const scan = async () => {
		const { rows } = await catalogue.scan();
		const scope = { kind: "folder", folder: lab.folder } as const;
		list.apply({ type: "rows", scope, reset: false, rows, removed: [] });
	};
	await scan();
	lab.model.script([[{ say: "Hi." }]]);
	const prompt = { session: session.id, input: { text: "Hi" }, agent: lab.agent };
	await watch.ended((await client.call("prompt", prompt)).run);
	await scan();

	const other = await startCodex(lab.agent.command, {
		cwd: lab.folder,
		env: { ...lab.env, ...lab.agent.env },
	});
	t.after(() => other.close());
	const until = async (archived: boolean, name: string) => {
		for (;;) {
			const listed = await other.call("thread/list", { modelProviders: [], archived });
			const [first] = listed["data"] as { name: string | null }[];
			if (first?.name === name) {
				return;
			}
			assert.deepEqual(failed, []);
		}
	};
	await session.rename("The big plan");
	await scan();
	await until(false, "The big plan");
	await session.archive();
	await scan();
	await until(true, "The big plan");
	await session.unarchive();
	await session.rename("The plan");
	await scan();
	await until(false, "The plan");
});
