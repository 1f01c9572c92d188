/** Brings an index up to date, and tells its parent how it goes: `indexer.ts <workspace folder> <home>`. */
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { locationsIn } from "../support/temporary.ts";

const [folder = "", home = ""] = process.argv.slice(2);
const locations = locationsIn(home, { CODEX_HOME: home });
const index = await SessionIndex.open({
	stores: [new WorkspaceStore(folder, locations)],
	sources: createSources(locations),
	locations,
});
const result = await index.update({ progress: (done) => process.send?.({ done }) });
index.close();
process.send?.(result, () => process.disconnect());
