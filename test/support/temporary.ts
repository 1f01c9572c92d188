import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { TestContext } from "node:test";
import type { Locations } from "../../src/core/locations.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";

/** An empty folder that is removed when the test ends. */
export async function temporaryFolder(test: TestContext): Promise<string> {
	const folder = await mkdtemp(path.join(tmpdir(), "skein-test-"));
	test.after(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

/** A user's folders of their own, below an empty folder. */
export function locationsIn(home: string, env: Record<string, string> = {}): Locations {
	return { data: path.join(home, "data"), cache: path.join(home, "cache"), home, env };
}

/** A workspace folder without a store, and a home of its own. */
export async function emptyWorkspace(
	test: TestContext,
): Promise<{ folder: string; locations: Locations; store: WorkspaceStore }> {
	const folder = await temporaryFolder(test);
	const locations = locationsIn(await temporaryFolder(test));
	const store = new WorkspaceStore(folder, locations);
	test.after(() => store.close());
	return { folder, locations, store };
}
