import assert from "node:assert/strict";
import {
	mkdir,
	readdir,
	readFile,
	rename,
	symlink,
	unlink,
	utimes,
	writeFile,
} from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { FaultyFiles, newStore, once } from "../../../test/property/lab.ts";
import type { BlobRef } from "../model/blob.ts";
import { Blobs } from "./blobs.ts";
import type { Session } from "./session.ts";
import { findUnusedBlobs, removeUnusedBlobs } from "./unusedBlobs.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

const day = 24 * 60 * 60 * 1000;

/** A text that does not fit into a journal's line. */
const long = (word: string) => `${word} `.repeat(20_000);

async function put(store: WorkspaceStore, text: string): Promise<BlobRef> {
	return (await store.putBlob(Buffer.from(text), "text/plain")).ref;
}

function fileOf(store: WorkspaceStore, { blob }: BlobRef): string {
	return path.join(store.layout.blobs, Blobs.relativePath(blob) ?? "");
}

async function say(store: WorkspaceStore, item: object): Promise<Session> {
	const session = await store.create({ title: "Said" });
	await session.addItem(await session.startTurn(), { type: "agentMessage", ...item });
	return session;
}

/** Makes the store's blobs so many days old. The kept copies are the same files. */
async function age(store: WorkspaceStore, days = 8): Promise<void> {
	const then = new Date(Date.now() - days * day);
	for (const file of await blobFiles(store)) {
		await utimes(file, then, then);
	}
}

async function blobFiles(store: WorkspaceStore): Promise<string[]> {
	const entries = await readdir(store.layout.blobs, { recursive: true, withFileTypes: true });
	return entries
		.filter((each) => each.isFile())
		.map((each) => path.join(each.parentPath, each.name));
}

async function hashes(found: Promise<readonly { readonly hash: string }[]>): Promise<string[]> {
	return (await found).map(({ hash }) => hash).sort();
}

test("what no journal of any kind mentions goes after a week, with its kept copy", async (t) => {
	const { store } = await newStore(t);
	await say(store, { text: long("live") });
	await (await say(store, { text: long("trashed") })).trash();
	const purging = await say(store, { text: long("being purged") });
	await rename(purging.file, store.layout.purging(purging.id));
	const lost = await say(store, { text: long("kept only") });
	await unlink(lost.file);
	const put1 = await put(store, "nobody's");
	const needed = (await blobFiles(store)).filter((file) => file !== fileOf(store, put1));
	assert.equal(needed.length, 4);

	await age(store, 6);
	assert.deepEqual(await findUnusedBlobs(store), []);
	await age(store);
	const found = await findUnusedBlobs(store);
	assert.deepEqual(await hashes(Promise.resolve(found)), [put1.blob]);
	assert.equal(found[0]?.size, 8);
	assert.equal(found[0]?.files.length, 2);

	assert.deepEqual(await removeUnusedBlobs(store, found), found);
	for (const file of found[0]?.files ?? []) {
		await assert.rejects(readFile(file.path), { code: "ENOENT" });
	}
	assert.deepEqual((await blobFiles(store)).sort(), needed.sort());
});

test("a blob that only another blob mentions is needed", async (t) => {
	const { store } = await newStore(t);
	const inner = await put(store, "inner");
	const middle = await store.putBlob(
		Buffer.from(JSON.stringify([{ of: inner }])),
		"application/json",
	);
	await say(store, { text: "outer", data: middle.ref });
	const other = await put(store, JSON.stringify({ of: "nobody's" }));
	await age(store);
	assert.deepEqual(await hashes(findUnusedBlobs(store)), [other.blob]);
});

test("a name that two reads of a journal cut in half is seen", async (t) => {
	const { store } = await newStore(t);
	const blob = await put(store, "cut");
	const session = await store.create({ title: "Long" });
	await age(store);
	const chunk = 256 * 1024;
	const lineOf = (size: number) => `${" ".repeat(size)}{"hash":"${blob.blob}"}\n`;
	for (const cut of [1, 8, 40, 70, 71, 72]) {
		await writeFile(
			path.join(store.layout.sessions, "copy.orig"),
			lineOf(chunk - '{"hash":"'.length - cut),
		);
		assert.deepEqual(await findUnusedBlobs(store), [], `${cut}`);
	}
	await unlink(path.join(store.layout.sessions, "copy.orig"));
	assert.equal((await findUnusedBlobs(store)).length, 1);
	assert.ok(session);
});

test("what is stored again between finding and removing stays", async (t) => {
	const { store } = await newStore(t);
	await store.create({});
	const blob = await put(store, "again");
	await age(store);
	const found = await findUnusedBlobs(store);
	assert.equal(found.length, 1);
	await put(store, "again");
	assert.deepEqual(await removeUnusedBlobs(store, found), []);
	assert.equal(await readFile(fileOf(store, blob), "utf8"), "again");
});

test("what is stored while it is removed is there in the end, at whatever moment", async (t) => {
	for (const operation of ["rename", "readdir", "unlink"] as const) {
		const faulty = new FaultyFiles();
		const { store, again } = await newStore(t, { files: faulty.files });
		const other = again();
		await store.create({});
		const blob = await put(store, "meanwhile");
		await age(store);
		const found = await findUnusedBlobs(store);
		let asked = false;
		faulty.fault = (call) => {
			if (asked || call.operation !== operation) {
				return undefined;
			}
			asked = true;
			return {
				before: async () =>
					void (await say(other, { text: "x", data: await put(other, "meanwhile") })),
			};
		};
		await removeUnusedBlobs(store, found);
		assert.ok(asked, operation);
		assert.equal(await readFile(fileOf(store, blob), "utf8"), "meanwhile", operation);
	}
});

test("what a journal has come to mention since it was found stays", async (t) => {
	const { store } = await newStore(t);
	await store.create({});
	const blob = await put(store, "pulled");
	await age(store);
	const found = await findUnusedBlobs(store);
	await writeFile(path.join(store.layout.sessions, "pulled.jsonl"), JSON.stringify(blob));
	assert.deepEqual(await removeUnusedBlobs(store, found), []);
	assert.equal(await readFile(fileOf(store, blob), "utf8"), "pulled");
});

test("a failure in the middle puts back what was set aside, and what a dead process left aside comes back", async (t) => {
	const faulty = new FaultyFiles();
	const { store } = await newStore(t, { files: faulty.files });
	await store.create({});
	const blobs = [await put(store, "one"), await put(store, "two")];
	await age(store);
	const found = await findUnusedBlobs(store);
	const names = (await blobFiles(store)).sort();
	faulty.fault = once("rename", { fail: "EIO" }, "", 2);
	await assert.rejects(removeUnusedBlobs(store, found), { code: "EIO" });
	assert.deepEqual((await blobFiles(store)).sort(), names);

	const [left = ""] = names;
	await rename(left, `${left}.unused`);
	const ref = blobs.find((each) => fileOf(store, each) === left);
	assert.ok(await store.context.blobs.get(ref?.blob ?? ""), "it can be read where it is");
	assert.equal((await findUnusedBlobs(store)).length, 2);
	assert.deepEqual((await blobFiles(store)).sort(), names);
});

test("nothing goes while a journal cannot be read", async (t) => {
	const faulty = new FaultyFiles();
	const { store } = await newStore(t, { files: faulty.files });
	const { id } = await store.create({});
	await put(store, "doubtful");
	await age(store);
	const found = await findUnusedBlobs(store);
	const fail = () => once("open", { fail: "EACCES" }, `${id}.jsonl`);
	faulty.fault = fail();
	await assert.rejects(findUnusedBlobs(store), { reason: "unreadable-journal" });
	faulty.fault = fail();
	await assert.rejects(removeUnusedBlobs(store, found), { reason: "unreadable-journal" });
	faulty.fault = () => undefined;
	assert.equal((await findUnusedBlobs(store)).length, 1);
});

test("files of other names, and what links lead to, are left alone", async (t) => {
	const { store } = await newStore(t);
	await store.create({});
	const blob = await put(store, "real");
	const outside = path.join(store.folder, "outside");
	const name = path.basename(fileOf(store, blob));
	await mkdir(outside);
	await writeFile(path.join(outside, name), "somebody's");
	await symlink(outside, path.join(store.layout.blobs, "zz"));
	await writeFile(path.join(store.layout.blobs, "notes.txt"), "somebody's");
	await mkdir(path.join(store.layout.blobs, "00"), { recursive: true });
	await writeFile(path.join(store.layout.blobs, "00", name), "in the wrong folder");
	await age(store);
	assert.deepEqual(await hashes(findUnusedBlobs(store)), [blob.blob]);
});

test("cancelling stops the search", async (t) => {
	const { store } = await newStore(t);
	await store.create({});
	const stop = new AbortController();
	const looking = findUnusedBlobs(store, { signal: stop.signal, onProgress: () => stop.abort() });
	await assert.rejects(looking, { name: "AbortError" });
});
