/** Holds the rows of a store's sessions, or not, and prints the bytes that the process takes: `holdRows.ts <folder> true|false`. */
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { locationsIn } from "./place.ts";

const [folder = "", hold] = process.argv.slice(2);
const locations = locationsIn(folder);
const store = new WorkspaceStore(folder, locations);
const index = await SessionIndex.open({ stores: [store], sources: [], locations });
// What comes from a worker was copied on the way: the rows are what the extension host keeps, and not what made them.
const rows = hold === "true" ? structuredClone(await index.rows()) : [];
index.close();
for (let times = 0; times < 4; times++) {
	(globalThis as { gc?: () => void }).gc?.();
	await new Promise((resolve) => setTimeout(resolve, 50));
}
const { heapUsed, external } = process.memoryUsage();
console.log(heapUsed + external + (rows.length < 0 ? 1 : 0));
