import assert from "node:assert/strict";
import * as path from "node:path";
import { afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { sessionToolsOf } from "../../../../src/host/languageModelTools.ts";
import type { SearchRow } from "../../../../src/host/search/searchRows.ts";
import type { SearchBox } from "../../../../src/host/search/sessionSearch.ts";
import {
	closeEditors,
	commandsRun,
	folder,
	listed,
	newSession,
	paintedPanel,
	run,
	say,
	skein,
	until,
} from "../support.ts";

/** Opens the search as a person does; the box stays open until `choose` or `close`. */
async function search(query?: string): Promise<{ box: SearchBox; done: Thenable<unknown> }> {
	const { context, panels } = await skein();
	// An editor that is still being opened would take the focus, and that closes the box.
	await until("the editor in front has painted", () =>
		panels().every(({ panel, painted }) => !panel.active || painted !== undefined),
	);
	commandsRun.add("skein.searchSessions");
	const done = vscode.commands.executeCommand(
		"skein.searchSessions",
		...(query === undefined ? [] : [query]),
	);
	const box = await until("the search is open", () => context.search.current);
	return { box, done };
}

/** Rows of hits, once the search has come to rest. */
async function settled(box: SearchBox): Promise<readonly SearchRow[]> {
	return until("the search has an answer", () => !box.busy && box.rows.length > 0 && box.rows);
}

async function close({ done }: { done: Thenable<unknown> }): Promise<void> {
	await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
	await done;
}

describe("Search Sessions", () => {
	before(async () => {
		const { context } = await skein();
		context.catalogue.start();
		await context.catalogue.listed;
	});
	afterEach(async () => {
		await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
		await closeEditors();
	});

	it("finds as one types and opens the transcript at that very item", async () => {
		const id = await newSession("Where herons nest");
		await say(id, "Tell me of birds", "Wrens");
		const { answer } = await say(id, "And of others", "A quillfeathered heron nests in reeds.");
		await say(id, "Enough", "Good.");
		const { box, done } = await search("");
		box.type("quill");
		await until("nothing is found", async () => (await settled(box))[0]?.label === "Nothing found");
		box.type("quillfeathered reeds");
		const [row] = await until("it is found", async () => {
			const rows = await settled(box);
			return rows[0]?.hit && rows;
		});
		assert.equal(row?.label, "Where herons nest");
		assert.match(row?.description ?? "", /^Answer · /);
		assert.match(row?.detail ?? "", /\u00bbquillfeathered\u00ab heron nests in \u00bbreeds\u00ab/);
		await until("VS Code shows it", () => box.active?.hit?.item === answer);
		await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
		assert.deepEqual(await done, { session: id, item: answer });
		const panel = await paintedPanel("Where herons nest");
		await until("the item has the focus", () => panel.focused === answer);
	});

	it("opens the first hit when Enter comes before the answer", async () => {
		const id = await newSession("Hasty herons");
		const { answer } = await say(id, "Quick", "A quicksilverish heron flies.");
		const { context } = await skein();
		await context.catalogue.refresh();
		const { box, done } = await search("");
		box.type("quicksilvered");
		await until("VS Code shows that nothing is found", () => {
			return !box.busy && box.active?.label === "Nothing found";
		});
		box.type("quicksilverish");
		await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
		assert.deepEqual(await done, { session: id, item: answer });
		await paintedPanel("Hasty herons");
	});

	it("opens hits of several sessions, ours and agents', each at its item", async () => {
		const id = await newSession("Of avocets");
		await say(id, "Where do avocets feed?", "On mudflats.");
		const { panels } = await skein();
		const opened = new Set<string>();
		for (const query of [
			"role:user source:codex",
			"role:agent source:codex",
			"avocets",
			"mudflats",
		]) {
			for (let at = 0; at < 2; at++) {
				const { box, done } = await search(query);
				const row = (await settled(box)).filter(({ hit }) => hit?.item)[at];
				if (!row?.hit) {
					await close({ done });
					continue;
				}
				const { item } = row.hit;
				box.take(row);
				await done;
				await until(`${query} ${at} has the focus`, () =>
					panels().some(({ focused }) => focused === item),
				);
				opened.add(String(item));
				await closeEditors();
			}
		}
		assert.ok(opened.size >= 5, [...opened].join());
	});

	it("searches the sessions of agents, and keeps the last query", async () => {
		const source = await listed("A tour of the code");
		const first = await search("role:user source:codex");
		const rows = await settled(first.box);
		assert.ok(rows.some((row) => row.hit?.session === source.id));
		assert.ok(rows.every((row) => !row.hit || /Codex/.test(row.description ?? "")));
		await close(first);
		const again = await search();
		assert.equal(again.box.query, "role:user source:codex");
		await settled(again.box);
		await close(again);
	});

	it("says when what it found is on another branch", async () => {
		const id = await newSession("Branching birds");
		const first = await say(id, "One bird", "A wagtail");
		await say(id, "Another", "A yellowhammeresque bird");
		await run("revertToHere", [{ id, item: first.answer }]);
		const { context, prompts } = await skein();
		await context.catalogue.refresh();
		const { box, done } = await search("yellowhammeresque");
		await until("it is found", async () => (await settled(box))[0]?.hit?.session === id);
		box.take(box.rows[0]);
		await done;
		await paintedPanel("Branching birds");
		assert.match(prompts.asked.map(({ message }) => message).join(), /on another branch/);
	});

	it("takes a phrase that is not closed yet for one that is", async () => {
		const id = await newSession("A phrase");
		const { answer } = await say(id, "What now?", "The turnstone overturns pebbles");
		const { context } = await skein();
		await context.catalogue.refresh();
		const opened = await search('"turnstone overturns');
		await until("it is found", async () => (await settled(opened.box))[0]?.hit?.item === answer);
		opened.box.type('"turnstone pebbles');
		await until("not so", async () => (await settled(opened.box))[0]?.label === "Nothing found");
		opened.box.type('"');
		assert.ok(opened.box.rows.some((row) => row.label === "role:user"));
		await close(opened);
	});

	it("says where a query is wrong", async () => {
		const opened = await search("heron (reeds");
		const [row] = await settled(opened.box);
		assert.equal(row?.label, "This parenthesis is never closed.");
		assert.equal(row?.description, "at character 7");
		assert.equal(row?.detail, "heron \u00bb(\u00abreeds");
		await close(opened);
	});

	it("without a query shows what can be asked, and a choice adds it", async () => {
		const opened = await search("");
		const role = opened.box.rows.find((row) => row.label === "role:user");
		assert.ok(role);
		opened.box.type("tour");
		opened.box.help();
		opened.box.take(opened.box.rows.find((row) => row.label === "in:archived"));
		assert.equal(opened.box.query, "tour in:archived");
		await close(opened);
	});

	it("offers what is kept back when nothing else is found", async () => {
		const id = await newSession("An archived egret");
		await say(id, "The zanzibarian egret", "Yes");
		await run("archiveSession", [{ id }]);
		const { context } = await skein();
		await context.catalogue.refresh();
		const opened = await search("zanzibarian");
		const offer = await until("it is offered", async () =>
			(await settled(opened.box)).find((row) => row.query === "zanzibarian in:archived"),
		);
		opened.box.take(offer);
		await until("it is found", async () => (await settled(opened.box))[0]?.hit?.session === id);
		await close(opened);
	});

	it("loads more when asked to", async () => {
		const id = await newSession("Many");
		const { context } = await skein();
		const session = await context.stores.writing(folder()).open(id);
		const turn = await session.startTurn();
		for (let at = 0; at < 60; at++) {
			await session.addItem(turn, { type: "agentMessage", text: `multitudinous ${at}` });
		}
		await session.completeTurn(turn);
		await context.catalogue.refresh();
		const opened = await search("multitudinous");
		const rows = await until("a page is found", async () => {
			const found = await settled(opened.box);
			return found.length === 51 && found;
		});
		assert.equal(rows.at(-1)?.label, "Show more (10)");
		assert.match(opened.box.status, /^60 matches, newest first/);
		opened.box.take(rows.at(-1));
		await until("all are there", () => opened.box.rows.length === 60);
		await close(opened);
	});
});

describe("Tools for language models", () => {
	it("are offered, and find and read a session", async () => {
		const id = await newSession("Of dunlins");
		const { answer } = await say(id, "What of dunlins?", "They probe the mud.");
		const { context } = await skein();
		const offered = vscode.lm.tools.filter(({ tags }) => tags.includes("skein"));
		assert.deepEqual(offered.map(({ name }) => name).sort(), ["read_session", "search_sessions"]);
		const tools = sessionToolsOf(context.catalogue, context.reader);
		const { token } = new vscode.CancellationTokenSource();
		const call = async (name: keyof typeof tools, input: object): Promise<string> => {
			const asked = await tools[name].prepareInvocation?.({ input }, token);
			assert.ok(asked?.confirmationMessages);
			const result = await tools[name].invoke({ input, toolInvocationToken: undefined }, token);
			const [part] = result?.content ?? [];
			return part instanceof vscode.LanguageModelTextPart ? part.value : "";
		};
		const found = await call("search_sessions", { query: "probe mud" });
		assert.match(found, new RegExp(`session: ${id}\\s+item: ${answer}`));
		const read = await call("read_session", { session: id, item: answer });
		assert.match(read, /What of dunlins\?[\s\S]*They probe the mud\./);
		await assert.rejects(async () => call("search_sessions", { query: 1 }), /takes query/);
	});
});

describe("Agents in VS Code", () => {
	it("find and read past sessions through VS Code's own tool service", async () => {
		const id = await newSession("Of godwits");
		const { answer } = await say(id, "What of godwits?", "They fly without a rest.");
		// Nobody is there to answer whether the tool may be used: as VS Code's own tests do it.
		const allow = async (value: boolean | undefined) => {
			const settings = vscode.workspace.getConfiguration("chat.tools.global");
			const testMode = "vscode.chat.tools.global.autoApprove.testMode";
			await vscode.commands.executeCommand("setContext", testMode, value);
			await settings.update("autoApprove", value, vscode.ConfigurationTarget.Global);
		};
		await allow(true);
		try {
			const { token } = new vscode.CancellationTokenSource();
			const call = async (name: string, input: object): Promise<string> => {
				const options = { input, toolInvocationToken: undefined };
				const { content } = await vscode.lm.invokeTool(name, options, token);
				return content
					.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ""))
					.join("");
			};
			const found = await call("search_sessions", { query: "fly rest" });
			assert.match(found, new RegExp(`session: ${id}\\s+item: ${answer}`));
			const read = await call("read_session", { session: id, item: answer });
			assert.match(read, /What of godwits\?[\s\S]*They fly without a rest\./);
			await assert.rejects(call("read_session", { session: "nobody" }), /nobody/);
		} finally {
			await allow(undefined);
		}
	});
});

describe("Sessions That Changed This File", () => {
	afterEach(closeEditors);

	it("lists the sessions that changed a file, and opens one at the change", async () => {
		const id = await newSession("Changes a file");
		const { context } = await skein();
		const session = await context.stores.writing(folder()).open(id);
		const turn = await session.startTurn();
		const item = await session.addItem(turn, {
			type: "fileChange",
			changes: [{ path: "src/heron.ts", kind: "add", content: "export {}" }],
		});
		await session.completeTurn(turn);
		await context.catalogue.refresh();
		const uri = vscode.Uri.file(path.join(folder(), "src/heron.ts"));
		const found = await run("sessionsThatChanged", [uri], {
			answers: [{ pick: /Changes a file \| 1 change/ }],
		});
		assert.deepEqual(found, [id]);
		const panel = await paintedPanel("Changes a file");
		await until("the change has the focus", () => panel.focused === item);
	});

	it("says when no session has changed a file, or there is none", async () => {
		const uri = vscode.Uri.file(path.join(folder(), "README.nobody"));
		assert.deepEqual(await run("sessionsThatChanged", [uri]), []);
		await closeEditors();
		await run("sessionsThatChanged", [], { error: /Open or select a file on disk first/ });
	});
});
