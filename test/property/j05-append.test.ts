import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { appendFile, readFile, rename, rm, writeFile } from "node:fs/promises";
import test from "node:test";
import { JournalWriter } from "../../src/core/journal/writer.ts";
import {
	beside,
	type Fault,
	FaultyFiles,
	type FileOperation,
	type FileSystem,
	fileSystems,
	headerLine,
	line,
	newStore,
	once,
	openJournal,
	readBytes,
	realisticLines,
	temporaryFolder,
	writeJournal,
} from "./lab.ts";

const title = (n: number) => line(n, { type: "session.renamed", title: `title ${n}` });

/** The call that makes what was written durable: the `write` itself where the file syncs each. */
const syncCall = { local: "write", network: "datasync" } as const;

function syncsOf(fileSystem: FileSystem, faulty: FaultyFiles): number {
	return faulty.count(syncCall[fileSystem]);
}

for (const fileSystem of fileSystems) {
	test(`J5 an append is one write of whole lines, synced, then a look at the path (${fileSystem})`, async (t) => {
		const folder = await temporaryFolder(t);
		const file = await writeJournal(folder, headerLine());
		const faulty = new FaultyFiles(fileSystem);
		const writer = new JournalWriter(file, faulty.files);
		await writer.append(title(1) + title(2));
		const sync = fileSystem === "local" ? [] : ["datasync"];
		assert.deepEqual(
			faulty.calls.map((call) => call.operation),
			["statfs", "open", "handleStat", "handleStat", "read", "write", ...sync, "stat"],
		);
		const flags = faulty.calls.find(({ operation }) => operation === "open")?.arguments[1];
		assert.equal((Number(flags) & constants.O_DSYNC) !== 0, fileSystem === "local");
		await writer.close();
		assert.equal(await readFile(file, "utf8"), headerLine() + title(1) + title(2));
	});
}

test("J5 a file system that cannot be told is synced by fdatasync", async (t) => {
	const folder = await temporaryFolder(t);
	const file = await writeJournal(folder, headerLine());
	const faulty = new FaultyFiles();
	faulty.fault = once("statfs", { fail: "ENOSYS" });
	const writer = new JournalWriter(file, faulty.files);
	await writer.append(title(1));
	await writer.close();
	assert.equal(faulty.count("datasync"), 1);
	assert.equal(await readFile(file, "utf8"), headerLine() + title(1));
});

test("J5 what was torn before is ended first, at every byte, and the append is neither lost nor damaged", async (t) => {
	const folder = await temporaryFolder(t);
	const torn = realisticLines()[2] as string;
	for (let cut = 0; cut <= Buffer.byteLength(torn); cut++) {
		const before = Buffer.concat([Buffer.from(headerLine()), Buffer.from(torn).subarray(0, cut)]);
		const file = await writeJournal(folder, before);
		const writer = new JournalWriter(file, new FaultyFiles().files);
		await writer.append(title(20));
		await writer.close();
		const journal = await openJournal(file);
		assert.equal(journal.state.title, "title 20", `cut at ${cut}`);
		assert.equal(journal.diagnostics.filter((found) => found.severity === "warning").length, 0);
		const end = cut > 0 && cut < Buffer.byteLength(torn) ? `\n${title(20)}` : title(20);
		assert.equal(await readFile(file, "utf8").then((text) => text.endsWith(end)), true);
		assert.ok((await readFile(file)).equals(Buffer.concat([before, Buffer.from(end)])));
	}
});

for (const fileSystem of fileSystems) {
	test(`J5 concurrent appends share syncs, none is split, all are there (${fileSystem})`, async (t) => {
		const folder = await temporaryFolder(t);
		const file = await writeJournal(folder, headerLine());
		const faulty = new FaultyFiles(fileSystem);
		const writer = new JournalWriter(file, faulty.files);
		const lines = Array.from({ length: 64 }, (_, n) => title(n + 1));
		await Promise.all(lines.map((text) => writer.append(text)));
		await writer.close();
		assert.equal(await readFile(file, "utf8"), headerLine() + lines.join(""));
		const syncs = syncsOf(fileSystem, faulty);
		assert.ok(syncs > 0 && syncs <= 3, `${syncs} syncs for 64 appends`);
		assert.equal(faulty.count("write"), syncs);
	});

	test(`J5 nothing is acknowledged before the sync has ended (${fileSystem})`, async (t) => {
		const folder = await temporaryFolder(t);
		const file = await writeJournal(folder, headerLine());
		const faulty = new FaultyFiles(fileSystem);
		let acknowledged = false;
		let atSync: boolean | undefined;
		const look = async () => {
			await new Promise((resolve) => setImmediate(resolve));
			atSync = acknowledged;
		};
		faulty.fault = once(syncCall[fileSystem], { after: look });
		const writer = new JournalWriter(file, faulty.files);
		await writer.append(title(1)).then(() => {
			acknowledged = true;
		});
		await writer.close();
		assert.equal(atSync, false);
	});
}

const failures: readonly (readonly [string, FileOperation, Fault])[] = [
	["a short write", "write", { short: 20 }],
	["a write that stores nothing", "write", { short: 0 }],
	["EIO on write", "write", { fail: "EIO" }],
	["ENOSPC on write", "write", { fail: "ENOSPC" }],
	["EIO on the sync of a write", "write", { failAfter: "EIO" }],
	["EIO on fdatasync", "datasync", { fail: "EIO" }],
	["EACCES on open", "open", { fail: "EACCES" }],
	["EIO on the look at the path", "stat", { fail: "EIO" }],
];

const failuresOf = (fileSystem: FileSystem) =>
	failures
		.filter(([, operation]) => fileSystem !== "local" || operation !== "datasync")
		.map((failure) => [fileSystem, ...failure] as const);

for (const [fileSystem, name, operation, fault] of fileSystems.flatMap(failuresOf)) {
	test(`J5 ${name} (${fileSystem}): the caller fails with a sentence, memory is as it was, a retry stores once`, async (t) => {
		const faulty = new FaultyFiles(fileSystem);
		const { store, again } = await newStore(t, { files: faulty.files });
		const session = await store.create({ title: "Before" });
		const prepared = await session.prepare([
			{ type: "session.renamed", title: "After" },
			{ type: "session.pinned" },
		]);
		faulty.fault = once(operation, fault);
		await assert.rejects(session.write(prepared), (error: Error & { reason?: string }) => {
			assert.equal(error.name, "HumanError");
			assert.equal(error.reason, "not-stored");
			assert.match(error.message, /^Nothing was stored in .*\.$/);
			return true;
		});
		assert.equal(session.state.title, "Before");
		assert.equal(session.state.pinned, false);
		faulty.fault = () => undefined;
		await session.write(prepared);
		assert.equal(session.state.title, "After");
		const other = await again().open(session.id);
		assert.equal(other.state.title, "After");
		assert.equal(other.state.titles.length, 2);
		assert.equal(other.journal.recordCount, 3);
		assert.equal(
			other.journal.diagnostics.filter((found) => found.severity === "warning").length,
			0,
		);
	});
}

test("J5 a journal that is gone does not come back by an append", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Gone" });
	const prepared = await session.prepare([{ type: "session.pinned" }]);
	await rm(session.file);
	await assert.rejects(session.write(prepared), {
		name: "HumanError",
		reason: "not-stored",
		message: /no longer there/,
	});
	await assert.rejects(readFile(session.file), { code: "ENOENT" });
});

test("J5 unlinked or replaced while it is open: the caller fails, then writes to the file that is there", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "First" });
	await session.pin();
	const text = await readFile(session.file, "utf8");
	await rm(session.file);
	await assert.rejects(session.write({ records: [], lines: title(1) }), { reason: "not-stored" });
	await writeFile(session.file, text);
	await session.rename("Second");
	await writeFile(`${session.file}.new`, text);
	await rename(`${session.file}.new`, session.file);
	const prepared = await session.prepare([{ type: "session.renamed", title: "Third" }]);
	await assert.rejects(session.write(prepared), { reason: "not-stored", message: /replaced/ });
	await session.refresh();
	assert.equal(session.state.title, "First", "the reader follows the file that is there");
	await session.write(prepared);
	assert.equal(session.state.title, "Third");
});

for (const fileSystem of fileSystems) {
	test(`J5 replaced between write and look: the sync alone is no acknowledgement (${fileSystem})`, async (t) => {
		const faulty = new FaultyFiles(fileSystem);
		const { store } = await newStore(t, { files: faulty.files });
		const session = await store.create({ title: "First" });
		const text = await readFile(session.file, "utf8");
		const replace = async () => {
			await writeFile(`${session.file}.new`, text);
			await rename(`${session.file}.new`, session.file);
		};
		faulty.fault = once(syncCall[fileSystem], { after: replace });
		await assert.rejects(session.rename("Lost"), { reason: "not-stored", message: /replaced/ });
		assert.equal(await readFile(session.file, "utf8"), text);
	});
}

test("J5 a new journal is made whole, or leaves no file", async (t) => {
	for (const fault of [
		once("write", { short: 10 }),
		once("write", { fail: "ENOSPC" }),
		once("sync", { fail: "EIO" }),
		once("sync", { fail: "EIO" }, "sessions"),
	]) {
		const faulty = new FaultyFiles();
		const { store } = await newStore(t, { files: faulty.files });
		await store.ensure();
		faulty.fault = fault;
		await assert.rejects(store.create({ title: "x" }), {
			name: "HumanError",
			reason: "not-stored",
		});
		assert.deepEqual(await faulty.files.readdir(store.layout.sessions), []);
	}
});

test("J5 two processes appending to one journal interleave whole records and lose none", async (t) => {
	const { store, again } = await newStore(t);
	const session = await store.create({ title: "Shared" });
	const each = 250;
	const writers = ["a", "b"].map(
		(name) =>
			new Promise<string>((resolve, reject) => {
				const child = spawn(
					process.execPath,
					[
						beside("appendMany.ts"),
						store.folder,
						store.locations.data,
						session.id,
						name,
						String(each),
					],
					{ stdio: ["ignore", "pipe", "inherit"] },
				);
				let printed = "";
				child.stdout.on("data", (chunk) => {
					printed += chunk;
				});
				child.on("error", reject);
				child.on("close", (code) =>
					code === 0 ? resolve(printed) : reject(new Error(`exit ${code}`)),
				);
			}),
	);
	const printed = (await Promise.all(writers)).flatMap((text) => text.trim().split("\n"));
	assert.equal(new Set(printed).size, 2 * each);
	const { journal } = await again().open(session.id);
	assert.deepEqual(journal.diagnostics, []);
	assert.equal(journal.recordCount, 2 * each + 1);
	const notes = new Set(journal.state.notes.map((note) => note.id));
	assert.deepEqual(
		printed.filter((id) => !notes.has(id)),
		[],
	);
});

test("J5 a writer in the middle of a torn write of another's harms neither", async (t) => {
	const folder = await temporaryFolder(t);
	const file = await writeJournal(folder, headerLine());
	const writer = new JournalWriter(file, new FaultyFiles().files);
	const whole = title(5);
	await appendFile(file, whole.slice(0, 40));
	await writer.append(title(6));
	await appendFile(file, whole.slice(40));
	await writer.append(title(7));
	await writer.close();
	const journal = await readBytes(folder, await readFile(file));
	assert.deepEqual(
		journal.state.titles.map((each) => each.title),
		["A session", "title 6", "title 7"],
	);
});
