import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { locationsIn, temporaryFolder } from "../../../test/support/temporary.ts";
import { nodeFiles } from "../files.ts";
import { createCodexSource } from "../sources/codex/source.ts";
import { Catalogue, type CatalogueListener } from "./catalogue.ts";
import { SourceKeep } from "./sourceKeep.ts";

const thread = "0199a213-81c0-7800-8aa1-bbab2a035a53";
const name = `rollout-2026-01-02T03-04-05-${thread}.jsonl`;

async function codexHome(t: TestContext, cwd: string) {
	const home = await temporaryFolder(t);
	const locations = locationsIn(home, { CODEX_HOME: path.join(home, "codex") });
	const sessions = path.join(home, "codex", "sessions", "2026", "01", "02");
	await mkdir(sessions, { recursive: true });
	const file = path.join(sessions, name);
	const line = (type: string, payload: object) =>
		`${JSON.stringify({ timestamp: "2026-01-02T03:04:05.000Z", type, payload })}\n`;
	await writeFile(
		file,
		line("session_meta", { id: thread, cwd, originator: "codex_cli_rs" }) +
			line("event_msg", { type: "user_message", message: "hello" }),
	);
	const list = async (folder: string, keepSources: "thisFolder" | "all" | "off") => {
		const sources = [createCodexSource(locations)];
		const catalogue = new Catalogue({
			folders: [folder],
			sources,
			locations,
			keepCopies: true,
			keepSources,
		});
		const nobody: CatalogueListener = {
			storeChanged: () => undefined,
			sourceChanged: () => undefined,
			progress: () => undefined,
			failed: assert.fail,
		};
		catalogue.watch(nobody);
		await catalogue.refresh();
		catalogue.dispose();
		return [...(catalogue.sources[0]?.rows.values() ?? [])];
	};
	return { home, file, list };
}

test("a session that Codex deleted stays listed and readable, as deleted", async (t) => {
	const folder = await temporaryFolder(t);
	const { file, list } = await codexHome(t, folder);
	assert.deepEqual(
		(await list(folder, "thisFolder")).map((row) => row.present),
		[true],
	);
	await appendFile(file, "{}\n");
	const bytes = await readFile(file);
	await list(folder, "thisFolder");
	await rm(file);
	const [row] = await list(folder, "thisFolder");
	assert.equal(row?.present, false);
	assert.deepEqual(await readFile(row?.file ?? ""), bytes);
});

test("sessions of other folders are kept only when all are", async (t) => {
	const folder = await temporaryFolder(t);
	const { file, list } = await codexHome(t, "/somewhere/else");
	await list(folder, "thisFolder");
	await rename(file, `${file}.aside`);
	assert.deepEqual(await list(folder, "thisFolder"), []);
	await rename(`${file}.aside`, file);
	await list(folder, "all");
	await rm(file);
	assert.deepEqual(
		(await list(folder, "off")).map((row) => row.present),
		[false],
	);
});

test("a session that Codex archived has moved, and is not shown twice", async (t) => {
	const folder = await temporaryFolder(t);
	const { home, file, list } = await codexHome(t, folder);
	await list(folder, "thisFolder");
	const archived = path.join(home, "codex", "archived_sessions");
	await mkdir(archived);
	await rename(file, path.join(archived, name));
	const rows = await list(folder, "thisFolder");
	assert.deepEqual(
		rows.map(({ present, archived: flag }) => ({ present, archived: flag })),
		[{ present: true, archived: true }],
	);
});

test("where links cannot be, a copy of a session file gets what is new; another file of that name takes its place whole", async (t) => {
	const home = await temporaryFolder(t);
	const locations = locationsIn(home, { CODEX_HOME: path.join(home, "codex") });
	const source = createCodexSource(locations);
	const file = path.join(source.roots[0] ?? "", "2026", name);
	await mkdir(path.dirname(file), { recursive: true });
	let copied = 0;
	const keep = new SourceKeep(
		{
			...nodeFiles,
			link: async () => {
				throw Object.assign(new Error("EXDEV: cross-device link"), { code: "EXDEV" });
			},
			copyFile: (...args) => {
				copied++;
				return nodeFiles.copyFile(...args);
			},
		},
		locations.data,
		source,
	);
	const kept = async () => {
		await keep.keep([file]);
		const [copy, ...more] = await keep.deleted([]);
		assert.deepEqual(more, []);
		return readFile(copy?.path ?? "", "utf8");
	};
	await writeFile(file, "one\n".repeat(100_000));
	assert.equal(await kept(), await readFile(file, "utf8"));
	await appendFile(file, "two\n");
	assert.equal(await kept(), await readFile(file, "utf8"));
	assert.equal(copied, 1);
	await writeFile(file, "other\n".repeat(100_000));
	assert.equal(await kept(), await readFile(file, "utf8"));
	await writeFile(file, "short\n");
	assert.equal(await kept(), "other\n".repeat(100_000));
	assert.equal(copied, 2);
});
