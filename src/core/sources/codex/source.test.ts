import assert from "node:assert/strict";
import { appendFile, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import * as zlib from "node:zlib";
import { HumanError } from "../../../base/errors.ts";
import type { SessionSummary } from "../../model/summary.ts";
import type { Source } from "../source.ts";
import { createCodexSource } from "./source.ts";
import {
	call,
	event,
	exchange,
	meta,
	paginatedTurn,
	response,
	TestHome,
	text,
	uuid,
} from "./testRollouts.ts";

let home: TestHome;
let source: Source;
beforeEach(() => {
	home = new TestHome();
	source = createCodexSource(home.locations);
});
afterEach(() => home.remove());

async function list(reports: string[] = []): Promise<SessionSummary[]> {
	const files = await source.discover((file, reason) =>
		reports.push(`${path.basename(file)}: ${reason}`),
	);
	const facts = [];
	for (const file of files) {
		facts.push({
			path: file.path,
			facts: JSON.parse(JSON.stringify(await source.readFacts(file))),
		});
	}
	const summaries = await source.summarize(facts);
	return summaries.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function texts(summary: SessionSummary): Promise<string[]> {
	const transcript = await source.open(summary);
	const items = await transcript.items(0, transcript.rows.length);
	return items.map(({ content }) =>
		content.type === "userMessage" || content.type === "agentMessage"
			? String(content.text)
			: content.type,
	);
}

const base = (thread: string, ordinal: number, offset = -1) => ({
	history_mode: "paginated",
	history_base: { thread_id: thread, end_ordinal_exclusive: ordinal, end_byte_offset: offset },
});
const paginated = (id: string) => meta(id, { history_mode: "paginated" }, 0);

describe("the list", () => {
	it("takes names from the index, the last line of an id, and reports bad lines", async () => {
		await home.rollout(1, uuid(1), [meta(uuid(1)), ...exchange("Hello", "Hi")]);
		await home.rollout(2, uuid(2), [
			meta(uuid(2)),
			...exchange("Hello", "Hi"),
			event("thread_name_updated", { thread_name: "Named while running" }),
		]);
		await home.rollout(3, uuid(3), [meta(uuid(3)), ...exchange("Fix the build\nnow", "Hi")]);
		const line = (name: string) =>
			JSON.stringify({ id: uuid(1), thread_name: name, updated_at: "" });
		await home.write("session_index.jsonl", `${line("old")}\nbroken\n${line("new")}\n`);
		const reports: string[] = [];
		assert.deepEqual(
			(await list(reports)).map(({ title, untitled }) => [title, untitled]),
			[
				["new", false],
				["Named while running", false],
				["Fix the build", true],
			],
		);
		assert.deepEqual(reports, [
			"session_index.jsonl: One line in the list of session names could not be read.",
		]);
	});

	it("finds archived, flat and compressed rollouts, and leaves out a compressed copy", async () => {
		const lines = (n: number) => [meta(uuid(n)), ...exchange("Hello", "Hi")];
		const file = await home.rollout(1, uuid(1), lines(1));
		await writeFile(`${file}.zst`, "left out");
		await home.write(`sessions/rollout-2026-01-02T03-04-02-${uuid(2)}.jsonl`, text(lines(2)));
		await home.write(
			`archived_sessions/rollout-2026-01-02T03-04-03-${uuid(3)}.jsonl.zst`,
			zlib.zstdCompressSync(Buffer.from(text(lines(3)))),
		);
		const summaries = await list();
		assert.deepEqual(
			summaries.map((each) => [each.id, each.archived, each.items]),
			[
				[`codex:${uuid(1)}`, false, 2],
				[`codex:${uuid(2)}`, false, 2],
				[`codex:${uuid(3)}`, true, 2],
			],
		);
	});

	it("shows a session once, though a copy of its file lies in the archive", async () => {
		const lines = [meta(uuid(1)), ...exchange("Hello", "Hi")];
		await home.rollout(1, uuid(1), [...lines, ...exchange("More", "Yes")]);
		await home.write(`archived_sessions/rollout-2026-01-02T03-04-01-${uuid(1)}.jsonl`, text(lines));
		const summaries = await list();
		assert.deepEqual(
			summaries.map((each) => [each.items, each.archived]),
			[[4, false]],
		);
		const [summary] = summaries;
		assert.ok(summary);
		const transcript = await source.open(summary);
		assert.equal(transcript.rows.length, 4);
		assert.deepEqual(transcript.branches, []);
		assert.equal((await source.adoptable(summary)).turns.length, 2);
	});

	it("shows a bad file with its reason, and a session of context only as empty", async () => {
		await home.rollout(1, uuid(1), [meta(uuid(1))]);
		await home.write(`sessions/rollout-2026-01-02T03-04-02-${uuid(2)}.jsonl`, "");
		const [empty, broken] = await list();
		assert.equal(empty?.title, "Empty session");
		assert.equal(empty?.diagnostics, 0);
		assert.equal(broken?.id, `codex:${uuid(2)}`);
		assert.equal(broken?.diagnostics, 1);
		assert.match(broken?.warning ?? "", /empty/);
		assert.deepEqual(broken && (await source.open(broken)).rows, []);
	});

	it("names the session that started a sub-agent, and the parent of a fork that copied it", async () => {
		await home.rollout(1, uuid(1), [
			meta(uuid(1), {
				source: { subagent: { thread_spawn: { parent_thread_id: uuid(9), depth: 1 } } },
			}),
			...exchange("Hello", "Hi"),
		]);
		await home.rollout(2, uuid(2), [
			meta(uuid(2), { forked_from_id: uuid(9) }),
			meta(uuid(9)),
			...exchange("Hello", "Hi"),
		]);
		await home.rollout(3, uuid(3), [meta(uuid(3)), meta(uuid(9)), ...exchange("Hello", "Hi")]);
		const [agent, fork, resumed] = await list();
		assert.equal(agent?.subagentOf, `codex:${uuid(9)}`);
		assert.equal(agent?.parent, null);
		assert.deepEqual(fork?.parent, { session: `codex:${uuid(9)}`, at: null });
		assert.deepEqual(resumed?.parent, { session: `codex:${uuid(9)}`, at: null });
		assert.equal(fork?.items, 2);
	});

	it("reads the first generation", async () => {
		const items = [
			{ role: "user", content: [{ type: "input_text", text: 'say "}"' }], type: "message" },
			{
				id: "error-1",
				type: "message",
				role: "system",
				content: [{ type: "input_text", text: "⚠️ no" }],
			},
		];
		await home.write(
			`sessions/rollout-2025-05-09-${uuid(1)}.json`,
			JSON.stringify(
				{ session: { timestamp: "2025-05-09T13:46:52.154Z", id: uuid(1) }, items },
				null,
				2,
			),
		);
		const [summary] = await list();
		assert.ok(summary);
		assert.equal(summary.createdAt, "2025-05-09T13:46:52.154Z");
		assert.deepEqual(await texts(summary), ['say "}"', "error"]);
	});

	it("looks in ~/.codex where CODEX_HOME is not set", () => {
		const other = createCodexSource({ data: "", cache: "", home: "/home/sam", env: {} });
		assert.deepEqual(other.roots, [
			"/home/sam/.codex/sessions",
			"/home/sam/.codex/archived_sessions",
		]);
	});
});

describe("copy on write", () => {
	const parent = () => [
		paginated(uuid(1)),
		...paginatedTurn(1, "one", "1"),
		...paginatedTurn(8, "two", "2"),
	];

	it("shows a fork with its parent's beginning", async () => {
		await home.rollout(1, uuid(1), parent());
		await home.rollout(2, uuid(2), [
			meta(uuid(2), { ...base(uuid(1), 8), forked_from_id: uuid(1) }, 8),
			...paginatedTurn(9, "three", "3"),
		]);
		const [first, fork] = await list();
		assert.ok(first && fork);
		assert.deepEqual(await texts(fork), ["one", "1", "three", "3"]);
		assert.equal(fork.items, 4);
		assert.equal(fork.title, "one");
		const transcript = await source.open(fork);
		assert.deepEqual(
			transcript.rows.map((row) => row.kind === "item" && row.inheritedFrom),
			[`codex:${uuid(1)}`, `codex:${uuid(1)}`, undefined, undefined],
		);
		assert.deepEqual(fork.parent, { session: first.id, at: transcript.rows[1]?.id });
		assert.deepEqual(transcript.branches, []);
	});

	it("shows a reverted thread once, with what was left behind as a branch", async () => {
		await home.rollout(1, uuid(1), parent());
		await home.rollout(2, `${uuid(1)}_${uuid(2)}`, [
			meta(uuid(1), base(uuid(1), 8), 8),
			...paginatedTurn(9, "instead", "3"),
		]);
		const summaries = await list();
		assert.equal(summaries.length, 1);
		const [summary] = summaries;
		assert.ok(summary);
		assert.deepEqual(await texts(summary), ["one", "1", "instead", "3"]);
		const transcript = await source.open(summary);
		const [branch] = transcript.branches;
		assert.equal(branch?.label, "two");
		assert.equal(branch?.items, 2);
		assert.equal(branch?.after, transcript.rows[1]?.id);
		const adoptable = await source.adoptable(summary);
		assert.deepEqual(
			adoptable.turns.map((turn) => turn.items.length),
			[2, 2, 2],
		);
		assert.equal(adoptable.turns[2]?.after, transcript.rows[1]?.id);
		assert.equal(adoptable.turns[2]?.after, adoptable.turns[1]?.after);
		assert.equal(adoptable.head, transcript.rows.at(-1)?.id);
		assert.equal((await source.rawFiles(summary)).length, 2);
	});

	it("follows a chain of reverts, each behind the one before", async () => {
		await home.rollout(1, uuid(1), parent());
		await home.rollout(2, `${uuid(1)}_${uuid(2)}`, [
			meta(uuid(1), base(uuid(1), 8), 8),
			...paginatedTurn(9, "second", "b"),
		]);
		await home.rollout(3, `${uuid(1)}_${uuid(3)}`, [
			meta(uuid(1), base(uuid(1), 1), 1),
			...paginatedTurn(2, "third", "c"),
		]);
		const [summary] = await list();
		assert.ok(summary);
		assert.deepEqual(await texts(summary), ["third", "c"]);
		const { branches } = await source.open(summary);
		assert.deepEqual(
			branches.map((each) => [each.label, each.items, each.after]),
			[
				["one", 4, null],
				["one", 4, null],
			],
		);
	});

	it("says what is missing when the parent is gone, and shows the rest", async () => {
		await home.rollout(2, uuid(2), [
			meta(uuid(2), base(uuid(1), 8), 8),
			...paginatedTurn(9, "three", "3"),
		]);
		const [summary] = await list();
		assert.ok(summary);
		assert.match(summary.warning ?? "", /not found/);
		const transcript = await source.open(summary);
		assert.deepEqual(
			transcript.rows.map((row) => row.kind),
			["gap", "item", "item"],
		);
		assert.equal((await transcript.items(0, 9)).length, 2);
	});

	it("of a thousand files and more says where it stops", async () => {
		const deep = 1100;
		for (let n = 0; n < deep; n++) {
			const first = 1 + n * 8;
			await home.rollout(1, uuid(n), [
				n === 0 ? paginated(uuid(n)) : meta(uuid(n), base(uuid(n - 1), first), first),
				...paginatedTurn(first + 1, `p${n}`, `r${n}`),
			]);
		}
		const summaries = await list();
		const last = summaries.at(-1);
		assert.ok(last);
		assert.match(last.warning ?? "", /more than 1000 files/);
		assert.equal(
			(await source.open(last)).rows.filter((row) => row.kind === "item").length,
			last.items,
		);
	});

	it("is not caught in a circle", async () => {
		await home.rollout(1, uuid(1), [
			meta(uuid(1), base(uuid(2), 8), 0),
			...paginatedTurn(1, "a", "b"),
		]);
		await home.rollout(1, uuid(2), [
			meta(uuid(2), base(uuid(1), 8), 0),
			...paginatedTurn(1, "c", "d"),
		]);
		const summaries = await list();
		assert.equal(summaries.length, 2);
		for (const summary of summaries) {
			assert.equal((await source.open(summary)).rows.length >= 2, true);
		}
	});
});

describe("an open transcript", () => {
	it("follows the file: new rows, changed rows, nothing", async () => {
		const file = await home.rollout(1, uuid(1), [meta(uuid(1)), ...exchange("Hello", "Hi")]);
		await appendFile(file, text([call("shell", "c", { command: ["ls"] })]));
		const [summary] = await list();
		assert.ok(summary);
		const transcript = await source.open(summary);
		assert.deepEqual(await transcript.refresh(), { kind: "unchanged" });
		assert.equal(transcript.rows.length, 3);
		const output = response("function_call_output", {
			call_id: "c",
			output: "Exit code: 1\nOutput:\n",
		});
		await appendFile(file, text([output, ...exchange("More", "Yes")]));
		assert.deepEqual(await transcript.refresh(), { kind: "grown", from: 3, changed: [2] });
		assert.equal(transcript.rows.length, 5);
		const [item] = await transcript.items(2, 3);
		assert.equal(item?.status, "failed");
	});

	it("starts again after a rollback and after a revert in a new file", async () => {
		const file = await home.rollout(1, uuid(1), [
			paginated(uuid(1)),
			...paginatedTurn(1, "one", "1"),
			...paginatedTurn(8, "two", "2"),
		]);
		const [summary] = await list();
		assert.ok(summary);
		const transcript = await source.open(summary);
		await home.rollout(2, `${uuid(1)}_${uuid(2)}`, [
			meta(uuid(1), base(uuid(1), 8), 8),
			...paginatedTurn(9, "instead", "3"),
		]);
		assert.deepEqual(await transcript.refresh(), { kind: "reloaded" });
		assert.equal(transcript.rows.length, 4);
		assert.equal(transcript.branches.length, 1);
		await rm(file);
	});

	it("takes images out of the contents and gives them by hash", async () => {
		const bytes = Buffer.from("not really a picture");
		const url = `data:image/png;base64,${bytes.toString("base64")}`;
		const content = [
			{ type: "input_image", image_url: url },
			{ type: "input_text", text: "look" },
		];
		await home.rollout(1, uuid(1), [meta(uuid(1)), response("message", { role: "user", content })]);
		const [summary] = await list();
		assert.ok(summary);
		const transcript = await source.open(summary);
		const [item] = await transcript.items(0, 1);
		assert.ok(item?.content.type === "userMessage");
		const [image] = item.content.images ?? [];
		assert.equal(image?.url, undefined);
		assert.equal(image?.bytes, bytes.length);
		assert.deepEqual(await transcript.blob(image?.blob ?? ""), bytes);
		assert.equal(await transcript.blob("sha256:0"), undefined);
	});

	it("has turns for adoption whose spans are the raw lines", async () => {
		await home.rollout(1, uuid(1), [
			meta(uuid(1), { git: { branch: "main", commit_hash: "c0ffee" } }),
			...exchange("Hello", "Hi"),
		]);
		const [summary] = await list();
		assert.ok(summary);
		const { turns } = await source.adoptable(summary);
		const [raw] = await source.rawFiles(summary);
		const span = turns[0]?.items[0]?.spans[1];
		const bytes = await raw?.read(span?.offset ?? 0, (span?.offset ?? 0) + (span?.length ?? 0));
		assert.equal(JSON.parse(Buffer.from(bytes ?? []).toString()).payload.message, "Hello");
		assert.equal(turns[0]?.branch, "main");
		assert.equal(turns[0]?.commit, "c0ffee");
	});
});

describe("a file opened by its path", () => {
	it("is claimed by its name or its first line", () => {
		const head = (line: string) => new TextEncoder().encode(line);
		assert.equal(
			source.claims(`/x/rollout-2026-01-02T03-04-05-${uuid(1)}.jsonl.zst`, head("")),
			true,
		);
		assert.equal(source.claims("/x/copy.jsonl", head(meta("a"))), true);
		assert.equal(
			source.claims("/x/copy.jsonl", head('{"id":"a","timestamp":"t","instructions":null}')),
			true,
		);
		assert.equal(source.claims("/x/other.jsonl", head('{"v":1,"id":"01","ts":""}')), false);
	});

	it("shows its conversation, with the parent that lies beside it", async () => {
		const lines = [paginated(uuid(1)), ...paginatedTurn(1, "one", "1")];
		await home.write(`copies/rollout-2026-01-02T03-04-01-${uuid(1)}.jsonl`, text(lines));
		const fork = await home.write(
			`copies/rollout-2026-01-02T03-04-02-${uuid(2)}.jsonl`,
			text([meta(uuid(2), base(uuid(1), 8), 8), ...paginatedTurn(9, "two", "2")]),
		);
		const transcript = await source.openFile(fork);
		assert.equal(transcript.rows.length, 4);
		assert.equal(transcript.summary.file, fork);
	});

	it("that is not there is refused in words", async () => {
		await assert.rejects(
			source.openFile("/nowhere/rollout.jsonl"),
			(error) => error instanceof HumanError && /does not exist/.test(error.message),
		);
	});
});
