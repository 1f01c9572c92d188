import assert from "node:assert/strict";
import { cp, readFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { repository } from "../../scripts/lib/paths.ts";
import { recordings } from "../../scripts/recordings.ts";
import { type Live, live } from "./codexLive.ts";

// J12 of the journal's promises, over what the real Codex makes of a session.

interface Stored {
	readonly type: string;
	readonly bytes: number;
	/** What people and agents have said, asked, run, seen and changed. */
	readonly content: readonly string[];
}

/** Fields that hold content; all others, and the frame of the record, are bookkeeping. */
const contentFields = new Set(["text", "command", "output", "diff", "path", "title", "query"]);

async function recordsOf({ session }: Live): Promise<Stored[]> {
	const journal = await readFile(session.file, "utf8");
	return journal
		.split("\n")
		.filter(Boolean)
		.map((line) => {
			const content: string[] = [];
			const { type } = JSON.parse(line, (name, value) => {
				if (contentFields.has(name) && typeof value === "string" && value !== "") {
					content.push(value);
				}
				return value;
			});
			return { type, bytes: Buffer.byteLength(line) + 1, content };
		});
}

const bytesOf = (texts: readonly string[]) =>
	texts.reduce((sum, text) => sum + Buffer.byteLength(JSON.stringify(text)) - 2, 0);

/** What an item is told with before it is whole (J11). */
const isPart = ({ type }: Stored) => type === "item.started" || type === "item.updated";

test("J12 a task in one line costs little", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Hello." }]]);
	assert.equal(await lab.turn("Say hello"), "completed");
	const bytes = (await recordsOf(lab)).reduce((sum, record) => sum + record.bytes, 0);
	assert.ok(bytes <= 10_000, `${bytes} bytes`);
});

test("J12 a session is content for a quarter at least, without large records about it and without doubles", async (t) => {
	const lab = await live(t);
	const [normal] = recordings;
	assert.ok(normal);
	await cp(path.join(repository, "sample/demo"), lab.folder, { recursive: true });
	lab.client.on("event")(async ({ type }) => {
		if (type === "approval.requested") {
			for (const { id } of (await lab.client.call("status", {})).approvals) {
				await lab.client.call("answer", { approval: id, option: "accept" });
			}
		}
	});
	// As where the agent's sandbox allows what is done: nothing is asked.
	const free = { approvals: "never", sandbox: "danger-full-access" } as const;
	for (const { text, answers } of normal.prompts) {
		lab.model.script(answers);
		assert.equal(await lab.turn(text, free), "completed");
	}
	const stored = await recordsOf(lab);
	const whole = stored.reduce((sum, { bytes }) => sum + bytes, 0);
	const content = bytesOf(stored.filter((each) => !isPart(each)).flatMap((each) => each.content));
	assert.ok(content >= whole / 4, `${content} of ${whole} bytes are content`);

	const lines = Array.from({ length: 900 }, (_, n) => `echo this is line ${n} of a long script`);
	const script = `cat > made.sh <<'EOF'\n${lines.join("\n")}\nEOF`;
	lab.model.script([[{ run: script }], [{ say: "The script is written, line by line." }]]);
	const ask = { approvals: "untrusted", sandbox: "workspace-write" } as const;
	assert.equal(await lab.turn("Write a long script", ask), "completed");
	const all = await recordsOf(lab);
	assert.equal(lab.model.left(), 0, "everything was said");
	assert.ok(
		all.some(({ bytes }) => bytes > 25_000),
		"some record is large",
	);
	for (const { type, bytes, content: own } of all) {
		const around = bytes - bytesOf(own);
		assert.ok(around <= 2000, `${type}: ${around} bytes beside its content`);
	}

	// A text stands in its item, and what a person was asked about in the question, as it was asked.
	const isQuestion = ({ type }: Stored) => type === "approval.requested";
	for (const counted of [
		all.filter(isQuestion),
		all.filter((each) => !isQuestion(each) && !isPart(each)),
	]) {
		const texts = counted.flatMap(({ content: own }) => own).filter((text) => text.length >= 25);
		assert.ok(texts.length > 0);
		for (const text of texts) {
			const holders = texts.filter((other) => other.includes(text));
			assert.equal(holders.length, 1, `logged twice: ${text.slice(0, 60)}`);
		}
	}
});
