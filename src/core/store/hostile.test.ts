import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import test from "node:test";
import { FaultyFiles, idAt, newStore, temporaryFolder } from "../../../test/property/lab.ts";
import { nodeFiles } from "../files.ts";
import { recordLimit } from "../journal/framing.ts";
import { Blobs } from "./blobs.ts";
import { spill } from "./spill.ts";

const put = async (bytes: Uint8Array, mime: string) => ({
	blob: `sha256:${"0".repeat(64)}`,
	bytes: bytes.length,
	mime,
});

test("ids that are none never reach a path", async (t) => {
	const { store } = await newStore(t);
	await store.create({ title: "x" });
	for (const id of [
		"",
		"..",
		"../../x",
		"/etc/passwd",
		"01arz3ndektsv4rrffq69g5fav",
		"81ARZ3NDEKTSV4RRFFQ69G5FAV",
		"01ARZ3NDEKTSV4RRFFQ69G5FAV\n",
		"__proto__",
	]) {
		const refused = { name: "HumanError", reason: "bad-id" };
		await assert.rejects(store.open(id), refused);
		await assert.rejects(store.fork(id), refused);
		await assert.rejects(store.purge(id), refused);
	}
	for (const hash of [
		"",
		"sha256:../../x",
		`sha256:${"0".repeat(63)}`,
		`sha256:${"G".repeat(64)}`,
	]) {
		assert.equal(await store.context.blobs.get(hash), undefined);
	}
});

test("a kept session whose header names a path as its parent reads nothing there", async (t) => {
	const faulty = new FaultyFiles();
	const { store } = await newStore(t, { files: faulty.files });
	const session = await store.create({ title: "x" });
	const text = await readFile(session.file, "utf8");
	const evil = text.replace(
		'"origin":null',
		'"origin":null,"parent":{"session":"../../../evil","at":"x"}',
	);
	await writeFile(session.file, evil);
	await rm(session.file);
	assert.equal((await store.kept()).length, 1);
	assert.ok(!faulty.calls.some((call) => call.path.includes("evil")));
});

test("links that lead out of the store are refused, for reading and for writing", async (t) => {
	for (const place of ["sessions", "blobs", ""]) {
		const { store: first, again } = await newStore(t);
		const session = await first.create({ title: "x" });
		await first.close();
		const store = again();
		const outside = path.join(await temporaryFolder(t), "outside");
		await mkdir(outside);
		if (place === "sessions") {
			await writeFile(path.join(outside, `${session.id}.jsonl`), await readFile(session.file));
		}
		await rm(path.join(store.root, place), { recursive: true });
		await symlink(outside, path.join(store.root, place));
		assert.equal((await store.status()).kind, "unreadable");
		await assert.rejects(store.create({ title: "y" }), {
			name: "HumanError",
			reason: "not-writable",
		});
		await assert.rejects(
			store.open(session.id).then((open) => open.pin()),
			{ name: "HumanError" },
		);
		await assert
			.rejects(store.open(session.id), { name: "HumanError" }, place || "root")
			.catch((error) => {
				// With only the blobs elsewhere the journal itself is the store's own and may be read.
				assert.equal(place, "blobs", error);
			});
		assert.deepEqual(await readdir(outside), place === "sessions" ? [`${session.id}.jsonl`] : []);
	}
});

test("a link inside blobs/ or in place of the tombstones is not written through", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "x" });
	const outside = await temporaryFolder(t);
	for (let n = 0; n < 256; n++) {
		await symlink(outside, path.join(store.layout.blobs, n.toString(16).padStart(2, "0")));
	}
	const turn = await session.startTurn();
	const item = { type: "userMessage", text: "x".repeat(100_000) };
	await assert.rejects(session.addItem(turn, item), { name: "HumanError", reason: "not-stored" });
	await writeFile(path.join(outside, "victim"), "precious");
	await symlink(path.join(outside, "victim"), store.layout.tombstones);
	await session.trash();
	await assert.rejects(store.purge(session.id), { name: "HumanError" });
	assert.deepEqual(await readdir(outside), ["victim"]);
	assert.equal(await readFile(path.join(outside, "victim"), "utf8"), "precious");
});

test("a blob file that does not hold what its name says is written again", async (t) => {
	const folder = await temporaryFolder(t);
	const blobs = new Blobs(nodeFiles, folder);
	const { ref } = await blobs.put(Buffer.from("payload"), "text/plain");
	const file = path.join(folder, Blobs.relativePath(ref.blob) ?? "");
	for (const damaged of ["damaged", "shorter?", ""]) {
		await writeFile(file, damaged);
		assert.equal(await blobs.get(ref.blob), undefined);
		assert.equal((await blobs.put(Buffer.from("payload"), "text/plain")).created, true);
		assert.equal(await blobs.text(ref.blob), "payload");
	}
	assert.equal((await blobs.put(Buffer.from("payload"), "text/plain")).created, false);
});

test("a newer store, and one whose store.json is garbage, is read and never written", async (t) => {
	const versions: [string, string][] = [
		['{"format":"skein-store","version":2,"storeId":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}', "newer"],
		["garbage", "unreadable"],
		["", "unreadable"],
		["null", "unreadable"],
		['{"format":"skein-store","version":1,"storeId":"../../x"}', "unreadable"],
		['{"format":"other","version":1,"storeId":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}', "unreadable"],
	];
	for (const [text, kind] of versions) {
		const { store, again } = await newStore(t);
		const session = await store.create({ title: "Readable" });
		await writeFile(store.layout.storeFile, text);
		const later = again();
		assert.equal((await later.status()).kind, kind);
		const before = await readFile(session.file);
		const open = await later.open(session.id);
		assert.equal((await open.summary()).title, "Readable");
		for (const change of [
			() => open.pin(),
			() => later.create(),
			() => later.fork(session.id),
			() => later.purge(session.id),
		]) {
			await assert.rejects(change(), { name: "HumanError", reason: "not-writable" });
		}
		assert.ok((await readFile(session.file)).equals(before));
		assert.equal(await readFile(store.layout.storeFile, "utf8"), text);
	}
});

test("fields named like parts of objects spill and stay fields", async () => {
	const value = JSON.parse(`{"item":{"__proto__":"${"x".repeat(70_000)}","constructor":{"a":1}}}`);
	const spilled = await spill(value, put);
	assert.deepEqual(Object.keys(spilled.item), ["__proto__", "constructor"]);
	assert.equal(Object.getPrototypeOf(spilled.item), Object.prototype);
	assert.equal(
		Object.values<string>(value.item)[0]?.length,
		70_000,
		"the value given is not changed",
	);
});

test("images in data addresses go to blobs, whatever their size", async () => {
	const image = { url: "data:image/png;base64,aGVsbG8=", alt: "a" };
	const spilled = await spill({ item: { type: "image", image } }, put);
	assert.deepEqual(spilled.item.image, {
		blob: `sha256:${"0".repeat(64)}`,
		bytes: 5,
		mime: "image/png",
		alt: "a",
	});
});

test("what no blob can take is refused with a sentence, and nothing is stored", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "x" });
	const turn = await session.startTurn();
	const before = await readFile(session.file);
	const long = "x".repeat(recordLimit + 1);
	let deep: unknown = 1;
	for (let n = 0; n < 100_000; n++) {
		deep = [deep];
	}
	const attempts: (() => Promise<unknown>)[] = [
		() => session.rename(long),
		() => session.rename("x".repeat(70_000)),
		() => session.tag(["x".repeat(70_000)]),
		() => session.addItem(turn, { type: "note", text: "", sourceId: long }),
		() => session.addItem(turn, { type: "toolCall", tool: long }),
		() => session.addItem(turn, { type: "toolCall", tool: "t", input: deep }),
		() => session.addItem(turn, { type: "nothing" }),
		() => store.create({ title: long }),
	];
	for (const [index, attempt] of attempts.entries()) {
		await assert.rejects(attempt(), { name: "HumanError" }, `attempt ${index}`);
	}
	assert.ok((await readFile(session.file)).equals(before));
	const path70k = "p/".repeat(35_000);
	await session.addItem(turn, { type: "fileChange", changes: [{ path: path70k, kind: "add" }] });
	assert.equal(session.journal.diagnostics.length, 0, "a long path is no wrong shape");
});

test("purge forgets all that was kept, what a replaced file left aside included", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "x" });
	await session.trash();
	const text = await readFile(session.file, "utf8");
	await rm(session.file);
	await writeFile(session.file, text.slice(0, text.indexOf("\n") + 1));
	await store.keepJournal(session.id);
	await writeFile(session.file, text);
	const keep = await store.keep();
	const kept = path.join(keep?.folder ?? "", "sessions");
	assert.equal((await readdir(kept)).length, 2);
	await store.purge(session.id);
	assert.deepEqual(await readdir(kept), []);
	assert.equal(idAt(0, 0).length, 26);
});

test("a store whose sessions folder was removed gets it back, with what was kept", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Kept" });
	await store.close();
	await rm(store.layout.sessions, { recursive: true });
	assert.deepEqual(await store.restoreKept(), [session.id]);
	assert.equal((await store.open(session.id)).state.title, "Kept");
	await rm(store.root, { recursive: true });
	assert.deepEqual(await store.restoreKept(), [session.id]);
});
