import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Locations } from "../../src/core/locations.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";

/** Data sets stay here between runs. */
export const dataRoot = process.env["SKEIN_BENCH_DATA"] ?? path.join(tmpdir(), "skein-bench");

/** A data set made once: `make` fills an empty folder. */
export function dataSet(name: string, make: (folder: string) => void): string {
	const folder = path.join(dataRoot, name);
	if (!fs.existsSync(path.join(folder, "done"))) {
		console.error(`  (making ${name})`);
		fs.rmSync(folder, { recursive: true, force: true });
		fs.mkdirSync(folder, { recursive: true });
		make(folder);
		fs.writeFileSync(path.join(folder, "done"), "");
	}
	return folder;
}

/** A user's folders below one folder. */
export function locationsIn(home: string): Locations {
	return {
		data: path.join(home, "data"),
		cache: path.join(home, "cache"),
		home,
		env: { CODEX_HOME: home },
	};
}

/** An empty folder for one run; it goes with the process. */
export function scratch(): string {
	fs.mkdirSync(dataRoot, { recursive: true });
	const folder = fs.mkdtempSync(path.join(dataRoot, "run-"));
	used.push(folder);
	return folder;
}

const used: string[] = [];
process.on("exit", () => {
	for (const folder of used) {
		fs.rmSync(folder, { recursive: true, force: true });
	}
});

/** A store in an empty folder. */
export function newStore(): WorkspaceStore {
	const home = scratch();
	const folder = path.join(home, "workspace");
	fs.mkdirSync(folder);
	return new WorkspaceStore(folder, locationsIn(home));
}
