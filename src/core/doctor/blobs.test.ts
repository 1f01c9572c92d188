import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { emptyWorkspace } from "../../../test/support/temporary.ts";
import { examineStore } from "./doctor.ts";

test("payloads that are links are named and not followed, wherever they lead", async (t) => {
	const { folder, store } = await emptyWorkspace(t);
	await store.create({ title: "Hostile" });
	const secret = path.join(folder, "id_rsa");
	await writeFile(secret, "secret");
	const targets = { ab: secret, cd: "/dev/zero", ef: path.join(folder, "nowhere") };
	for (const [shard, target] of Object.entries(targets)) {
		await mkdir(path.join(store.layout.blobs, shard), { recursive: true });
		await symlink(target, path.join(store.layout.blobs, shard, shard.repeat(32)));
	}
	const { ok, damage } = await examineStore(store);
	assert.equal(ok, false);
	assert.deepEqual(
		damage.map(({ severity, reason }) => [severity, reason]),
		Object.keys(targets).map(() => [
			"warning",
			"This payload could not be read: it is a link, or no file.",
		]),
	);
});
