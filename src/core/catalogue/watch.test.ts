import { EventEmitter } from "node:events";
import type * as fs from "node:fs";
import { mkdir, open, rm, statfs, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary.ts";
import { FolderWatch } from "./watch.ts";

/** Reports gathered, and a promise for the next one that satisfies a condition. */
class Reports {
	private waiting: {
		wanted: (names: ReadonlySet<string> | undefined) => boolean;
		resolve: () => void;
	}[] = [];

	readonly take = (names: ReadonlySet<string> | undefined): void => {
		for (const { wanted, resolve } of this.waiting) {
			if (wanted(names)) {
				resolve();
			}
		}
	};

	next(wanted: (names: ReadonlySet<string> | undefined) => boolean): Promise<void> {
		return new Promise((resolve) => this.waiting.push({ wanted, resolve }));
	}
}

test("a folder that appears with all its ancestors at once is watched, every time", async (t) => {
	const root = await temporaryFolder(t);
	for (let round = 0; round < 20; round++) {
		const folder = path.join(root, `${round}`, ".vscode", "skein", "sessions");
		const reports = new Reports();
		const ready = reports.next((names) => names === undefined);
		const watch = new FolderWatch(folder, false, reports.take);
		t.after(() => watch.dispose());
		await ready;
		await mkdir(folder, { recursive: true });
		// Anything that is written from now on is reported, by its name or as "anything".
		const appeared = reports.next(() => true);
		await writeFile(path.join(folder, "a.jsonl"), "");
		await appeared;
		const named = reports.next((names) => names === undefined || names.has("b.jsonl"));
		await writeFile(path.join(folder, "b.jsonl"), "");
		await named;
		watch.dispose();
	}
});

test("a folder that is deleted and made again goes on being watched", async (t) => {
	const root = await temporaryFolder(t);
	const folder = path.join(root, "sessions");
	await mkdir(folder);
	const reports = new Reports();
	const watch = new FolderWatch(folder, false, reports.take);
	t.after(() => watch.dispose());
	await reports.next((names) => names === undefined);
	for (let round = 0; round < 10; round++) {
		const lost = reports.next((names) => names === undefined);
		await rm(folder, { recursive: true });
		await mkdir(folder);
		await lost;
		const named = reports.next((names) => names === undefined || names.has(`${round}.jsonl`));
		await writeFile(path.join(folder, `${round}.jsonl`), "");
		await named;
	}
});

test("a folder that is deleted while a file in it is open is known to be gone", async (t) => {
	const root = await temporaryFolder(t);
	const folder = path.join(root, "sessions");
	await mkdir(folder);
	const handle = await open(path.join(folder, "a.jsonl"), "w");
	t.after(() => handle.close());
	const reports = new Reports();
	const watch = new FolderWatch(folder, false, reports.take);
	t.after(() => watch.dispose());
	await reports.next((names) => names === undefined);
	const lost = reports.next((names) => names === undefined);
	await rm(folder, { recursive: true });
	await lost;
});

test("where the system cannot watch, the folder is looked at now and then", async (t) => {
	const folder = await temporaryFolder(t);
	const reports = new Reports();
	const none = () => {
		throw Object.assign(new Error("ENOSPC: no more watches"), { code: "ENOSPC" });
	};
	const watch = new FolderWatch(folder, false, reports.take, {
		watch: none as typeof fs.watch,
		pollTime: 1,
	});
	t.after(() => watch.dispose());
	for (let round = 0; round < 3; round++) {
		await reports.next((names) => names === undefined);
	}
});

test("a mounted folder is looked at besides, because nothing tells of other machines", async (t) => {
	if (process.platform !== "linux") {
		t.skip("Only Linux tells what a mount is.");
		return;
	}
	const folder = await temporaryFolder(t);
	// One whose events never come.
	const silent = () => Object.assign(new EventEmitter(), { close: () => undefined });
	const mounted = async (file: string) => ({ ...(await statfs(file)), type: 0x6969 });
	const reports = new Reports();
	const watch = new FolderWatch(folder, false, reports.take, {
		watch: silent as unknown as typeof fs.watch,
		files: { statfs: mounted as typeof statfs },
		pollTime: 1,
	});
	t.after(() => watch.dispose());
	for (let round = 0; round < 3; round++) {
		await reports.next((names) => names === undefined);
	}
});
