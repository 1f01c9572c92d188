/** Appends many notes to a session in a process of its own and prints their ids: `folder data id name count`. */
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";

const [folder = "", data = "", id = "", name = "", count = "0"] = process.argv.slice(2);
const store = new WorkspaceStore(folder, { data, cache: data, home: data, env: {} });
const session = await store.open(id);
const batch = 5;
for (let n = 0; n < Number(count); n += batch) {
	// A few at a time: one write of several records now, several writes that share a sync then.
	const texts = Array.from({ length: batch }, (_, index) => `${name} ${n + index}`);
	const drafts = texts.map((text) => ({ type: "note.added" as const, text }));
	const records =
		n % 2 === 0
			? await session.append(drafts)
			: (await Promise.all(drafts.map((draft) => session.append([draft])))).flat();
	console.log(records.map((record) => record.id).join("\n"));
}
await store.close();
