import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import * as vscode from "vscode";
import { isOn, listed, newSession, run, skein, tree } from "../support.ts";

describe("The Sessions view", () => {
	after(async () => {
		for (const name of ["skein.sessions.groupBy", "skein.sessions.sortBy"]) {
			await vscode.workspace
				.getConfiguration()
				.update(name, undefined, vscode.ConfigurationTarget.Global);
		}
	});

	it("lists Codex's sessions of this folder and, below one row, those of other folders", async () => {
		const lines = await tree("sessions");
		assert.ok(lines.includes("  A tour of the code"), lines.join("\n"));
		assert.ok(lines.includes("Other Folders"), lines.join("\n"));
	});

	it("has rows with stable ids, parents, lazy tooltips and context values", async () => {
		const { tree: treeOf } = await skein();
		await tree("sessions");
		const provider = treeOf("sessions");
		const group = (await provider.getChildren()).find(({ kind }) => kind === "group");
		assert.ok(group);
		const session = (await provider.getChildren(group)).find(({ kind }) => kind === "session");
		assert.ok(session);
		assert.equal(provider.getParent(session), group);
		const item = await provider.getTreeItem(session);
		assert.equal(item.id, session.key);
		assert.equal(item.tooltip, undefined);
		assert.match(item.contextValue ?? "", /\bsession\b.*\bactive\b/);
		assert.ok(item.accessibilityInformation?.label);
		const { tooltip } = provider.resolveTreeItem(item, session);
		assert.ok(tooltip instanceof vscode.MarkdownString);
		assert.match(tooltip.value, /Updated/);
	});

	it("has the time first in a row's description, and no agent that is the same in all rows", async () => {
		const { tree: treeOf, context } = await skein();
		await tree("sessions");
		const provider = treeOf("sessions");
		const { id } = await listed("A tour of the code");
		const shown = context.list.rows.filter(({ summary }) => !summary.archived && !summary.trashed);
		const agents = new Set(shown.flatMap(({ summary }) => summary.agent ?? []));
		const item = await provider.getTreeItem({
			kind: "session",
			key: `session:${id}`,
			id,
			folder: null,
		});
		const agent = agents.size > 1 ? " · Codex" : "";
		assert.match(String(item.description), new RegExp(`^(now|\\d+[mhd])${agent}$`));
		assert.match(
			item.accessibilityInformation?.label ?? "",
			/^A tour of the code, Codex, updated .*\d{4}/,
		);
	});

	it("Group Sessions By changes the groups", async () => {
		await run("groupBy", [], { answers: [{ pick: "Agent" }] });
		assert.ok((await tree("sessions")).includes("Codex"));
		await run("groupBy", [], { answers: [{ pick: "Lineage" }] });
		const lines = await tree("sessions");
		assert.ok(lines.includes("A tour of the code"), lines.join("\n"));
		await run("groupBy", [], { answers: [{ pick: "Date" }] });
		assert.ok((await tree("sessions")).includes("Today"));
	});

	it("Sort Sessions By changes the order", async () => {
		await newSession("zz last by title");
		await newSession("aa first by title");
		await run("groupBy", [], { answers: [{ pick: "None" }] });
		await run("sortBy", [], { answers: [{ pick: "Title" }] });
		const lines = await tree("sessions");
		assert.ok(lines.indexOf("aa first by title") < lines.indexOf("zz last by title"));
		await run("sortBy", [], { answers: [{ pick: "Created" }] });
		const byTime = await tree("sessions");
		assert.ok(byTime.indexOf("aa first by title") < byTime.indexOf("zz last by title"));
		await run("sortBy", [], { answers: [{ pick: "Last updated" }] });
		await run("groupBy", [], { answers: [{ pick: "Date" }] });
	});

	it("Filter Sessions hides what does not match and says how much; Clear Filter shows all again", async () => {
		const { context } = await skein();
		await newSession("Needle in the hay");
		await run("filter", [], { answers: [{ filter: { text: "needle", chosen: [] } }] });
		assert.ok(await isOn("sessions", "Needle in the hay"));
		assert.equal(await isOn("sessions", "A tour of the code"), false);
		const view = context.views.view("sessions");
		assert.match(view.description ?? "", /^needle · \d+ hidden$/);
		await run("clearFilter");
		assert.ok(await isOn("sessions", "A tour of the code"));
		assert.equal(view.description, "");
	});

	it("Filter Sessions narrows by agent and by warnings", async () => {
		const own = "Not an agent's";
		await newSession(own);
		await run("filter", [], { answers: [{ filter: { text: "", chosen: [/Codex/] } }] });
		assert.ok(await isOn("sessions", "A tour of the code"));
		assert.equal(await isOn("sessions", own), false);
		const { context } = await skein();
		assert.match(context.views.view("sessions").description ?? "", /^Codex · \d+ hidden$/);
		await run("filter", [], {
			answers: [{ filter: { text: "no such words", chosen: [/With warnings/] } }],
		});
		assert.match(context.views.view("sessions").message ?? "", /No session matches/);
		await run("clearFilter");
		assert.equal(context.views.view("sessions").message, undefined);
	});

	it("Refresh Sessions and Show Log work", async () => {
		await run("refresh");
		await run("showLog");
	});
});
