import assert from "node:assert/strict";
import { test } from "node:test";
import { IndexDatabase } from "../../src/core/index/database.ts";
import { ItemBatch } from "../../src/core/index/itemBatch.ts";
import { Projection } from "../../src/core/index/projection.ts";
import { SteadyWrites } from "../../src/core/index/steadyWrites.ts";
import { tierLimit } from "../../src/core/index/tiers.ts";

const fileOf = (n: number, mtime: number) => ({
	...{ size: 1, mtime, ctime: 1, inode: "1" },
	...{ source: "codex", path: `file ${n}`, session: `session ${n}`, prefix: "", cwd: null },
	...{ depth: 1 as const, open: false, last: undefined, facts: null },
});

test("an item that is dated in the far future does not keep the tables of full text from being begun anew", (t) => {
	const db = IndexDatabase.memory();
	t.after(() => db.close());
	const projection = new Projection(db);
	const batch = new ItemBatch(db, new SteadyWrites(db), projection);
	const perFile = tierLimit / 16;
	const start = Date.UTC(2026, 0, 1);
	for (let file = 0; file < 40; file++) {
		const put = Array.from({ length: perFile }, (_, n) => ({
			id: String(n),
			turn: "",
			type: "userMessage" as const,
			status: "completed" as const,
			time: file === 3 && n === 0 ? Date.UTC(2099, 0, 1) : start + (file * perFile + n) * 1000,
			spans: [n, 1],
			text: "word",
			touched: [],
		}));
		batch.add({ file: fileOf(file, start + (file + 1) * perFile * 1000), put });
		batch.store();
	}
	const tiers = projection.tiers.list();
	assert.equal(tiers.length, 3);
	assert.ok(tiers.every(({ items }) => items <= tierLimit + perFile));
	const found = tiers.map(({ id }) =>
		db.statement(`SELECT count(*) AS n FROM text_${id} WHERE text_${id} MATCH 'word'`).get(),
	);
	assert.deepEqual(
		found.map((row) => row?.["n"]),
		tiers.map(({ items }) => items),
	);
});
