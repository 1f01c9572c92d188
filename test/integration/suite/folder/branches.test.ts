import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import {
	closeEditors,
	folder,
	lastRecord,
	listed,
	newSession,
	paintedPanel,
	records,
	run,
	say,
	skein,
	tabLabels,
	until,
} from "../support.ts";

async function chain(id: string): Promise<string[]> {
	const { context } = await skein();
	const transcript = await context.reader.open(await context.reader.find(id));
	const items = await transcript.items(0, transcript.rows.length);
	return items.map(({ content }) => String("text" in content ? content.text : content.type));
}

describe("Commands that go another way", () => {
	it("Fork Session continues from the last item and copies nothing", async () => {
		const id = await newSession("Forked");
		const { answer } = await say(id, "One", "Two");
		const fork = String(await run("forkSession", [{ id }]));
		const [header, ...rest] = records(fork);
		assert.deepEqual(rest, []);
		assert.deepEqual(Reflect.get(header?.["session"] as object, "parent"), {
			session: id,
			at: answer,
		});
		assert.deepEqual(await chain(fork), ["One", "Two"]);
	});

	it("a session and its fork name each other when the pointer rests on them", async () => {
		const { context, tree: treeOf } = await skein();
		const id = await newSession("A parent of two");
		await say(id, "One", "Two");
		const first = String(await run("forkSession", [{ id }]));
		await run("renameSession", [{ id: first }], { answers: [{ input: "Its first" }] });
		const second = String(await run("forkSession", [{ id }]));
		await run("renameSession", [{ id: second }], { answers: [{ input: "Its second" }] });
		await context.catalogue.refresh();
		const provider = treeOf("sessions");
		const tooltip = async (session: string) => {
			const node = await until("it has a row", () =>
				provider.node(`session:${session}@${folder()}`),
			);
			const shown = provider.resolveTreeItem(await provider.getTreeItem(node), node).tooltip;
			assert.ok(shown instanceof vscode.MarkdownString);
			return shown.value;
		};
		assert.match(await tooltip(first), /^Forked from: A parent of two {2}$/m);
		assert.match(await tooltip(id), /^Forks: .*Its (first|second); Its (first|second) {2}$/m);
		await run("deleteSession", [{ id: second }], { answers: [{ confirm: "Move to Trash" }] });
		assert.match(await tooltip(id), /^Forks: Its first {2}$/m);
	});

	it("Fork from Here forks up to and including the item, and says so where it takes no click", async () => {
		const id = await newSession("Forked midway");
		const first = await say(id, "**One** `first`.", "Two");
		await say(id, "Three", "Four");
		const fork = String(
			await run("forkFromHere", [{ id, item: first.prompt }], {
				told: 'Forked "Forked midway" up to and including "One first"',
			}),
		);
		assert.deepEqual(await chain(fork), ["**One** `first`."]);
	});

	it("Fork from Here asks for the item when none is at hand", async () => {
		const id = await newSession("Forked by choice");
		await say(id, "Alpha", "Beta");
		await say(id, "Gamma", "Delta");
		const fork = String(await run("forkFromHere", [{ id }], { answers: [{ pick: /Beta/ }] }));
		assert.deepEqual(await chain(fork), ["Alpha", "Beta"]);
	});

	it("Fork from Here offers the last things said first, and the earlier ones on demand", async () => {
		const { context } = await skein();
		const id = await newSession("Long talk");
		const session = await context.stores.writing(folder()).open(id);
		const turn = await session.startTurn();
		const drafts = Array.from({ length: 650 }, (_, n) => ({
			type: "item.completed" as const,
			turn,
			item: { type: "agentMessage" as const, text: `Answer ${n}.` },
		}));
		await session.append(drafts);
		await session.completeTurn(turn);
		const asking = run("forkFromHere", [{ id }], {
			answers: [{ pick: /Show Earlier/ }, { pick: /Show Earlier/ }, { pick: /Answer 3$/ }],
		});
		const fork = String(await asking);
		assert.deepEqual(await chain(fork), ["Answer 0.", "Answer 1.", "Answer 2.", "Answer 3."]);
	});

	it("Fork from Here takes no item of the transcript in front for another session", async () => {
		await closeEditors();
		const id = await newSession("Forked from its row");
		await say(id, "Epsilon", "Zeta");
		const inFront = await newSession("In front");
		const { answer } = await say(inFront, "Eta", "Theta");
		await run("openSession", [{ id: inFront, item: answer }]);
		const panel = await paintedPanel("In front");
		await until("its answer has the focus", () => panel.focused === answer);
		const { context } = await skein();
		assert.equal(context.targets.item([panel.uri]), answer);
		const fork = String(await run("forkFromHere", [{ id }], { answers: [{ pick: /Zeta/ }] }));
		assert.deepEqual(await chain(fork), ["Epsilon", "Zeta"]);
	});

	it("Fork from Here adopts a source's session first; it is then listed once, as ours, also in its tab", async () => {
		await closeEditors();
		const source = await listed("A --json option");
		const { context } = await skein();
		await run("openSession", [{ id: source.id }]);
		const panel = await paintedPanel("A --json option");
		assert.equal(panel.opened?.capabilities().write, false);
		const foreign = await context.reader.open(await context.reader.find(source.id));
		const prompt = foreign.rows.find((row) => row.kind === "item" && row.type === "userMessage");
		assert.ok(prompt);
		const fork = String(await run("forkFromHere", [{ id: source.id, item: prompt.id }]));
		const own = context.list.get(source.id);
		assert.equal(own?.summary.source, "skein");
		assert.equal(context.list.get(fork)?.summary.parent?.session, own?.summary.id);
		assert.equal(context.list.rows.filter((row) => row.summary.id === source.id).length, 0);
		await until("its transcript is ours", () => panel.opened?.capabilities().write);
		assert.equal(panel.session?.id, own?.summary.id);
		await run("openSession", [{ id: own?.summary.id }]);
		assert.deepEqual(tabLabels(), ["A --json option", "A --json option (fork)"]);
		assert.equal(await paintedPanel("A --json option"), panel);
	});

	it("a fork's transcript says when its parent is gone, and shows it again when it is back", async () => {
		const id = await newSession("Comes and goes");
		await say(id, "One", "Two");
		const fork = String(await run("forkSession", [{ id }]));
		const panel = await paintedPanel("Comes and goes (fork)");
		const rows = () => panel.opened?.transcript.rows.map(({ kind }) => kind).join();
		assert.equal(panel.session?.id, fork);
		assert.equal(rows(), "item,item");
		const journal = path.join(folder(), ".vscode/skein/sessions", `${id}.jsonl`);
		renameSync(journal, `${journal}.away`);
		await until("its rows are gone", () => rows() === "gap");
		renameSync(`${journal}.away`, journal);
		await until("its rows are back", () => rows() === "item,item");
	});

	it("Revert to Here moves the head; its Undo moves it back", async () => {
		const id = await newSession("Reverted");
		const first = await say(id, "One", "Two");
		await say(id, "Three", "Four");
		await run("revertToHere", [{ id, item: first.answer }], { answers: [{ notify: "Undo" }] });
		await until("the undo is written", async () => (await chain(id)).length === 4);
		assert.deepEqual(
			records(id)
				.slice(-2)
				.map((record) => record.type),
			["head.moved", "head.moved"],
		);
	});

	it("Undo Revert brings the later turns back", async () => {
		const id = await newSession("Reverted and undone");
		const first = await say(id, "One", "Two");
		await say(id, "Three", "Four");
		await run("revertToHere", [{ id, item: first.answer }]);
		assert.deepEqual(await chain(id), ["One", "Two"]);
		await run("undoRevert", [{ id }]);
		assert.deepEqual(await chain(id), ["One", "Two", "Three", "Four"]);
		await run("undoRevert", [{ id: await newSession("Never reverted") }], {
			error: /not a revert/,
		});
	});

	it("Switch Branch goes to the other branch, and the open transcript follows", async () => {
		const id = await newSession("Branched");
		const first = await say(id, "One", "Two");
		await say(id, "Left", "Left answer");
		await run("revertToHere", [{ id, item: first.answer }]);
		await say(id, "Right", "Right answer");
		assert.deepEqual(await chain(id), ["One", "Two", "Right", "Right answer"]);
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("Branched");
		await run("switchBranch", [{ id }], { answers: [{ pick: "Left" }] });
		assert.equal(lastRecord(id).type, "head.moved");
		assert.deepEqual(await chain(id), ["One", "Two", "Left", "Left answer"]);
		await until("the page shows four rows of the other branch", () => {
			const rows = panel.opened?.transcript.rows ?? [];
			return rows.length === 4;
		});
	});
});
