import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import {
	approvalPolicies,
	commandIds,
	contextKeys,
	editorTypes,
	groupings,
	keepings,
	sandboxes,
	settingNames,
	sortings,
	viewContainerId,
	viewIds,
	walkthroughId,
} from "./contributions.ts";
import { agentLabel } from "./sessions/agentLabels.ts";

const repository = path.join(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8"));
const words = JSON.parse(readFileSync(path.join(repository, "package.nls.json"), "utf8"));
const { contributes } = manifest;

interface Contributed {
	readonly command: string;
	readonly when?: string;
	readonly group?: string;
}

interface Key extends Contributed {
	readonly key: string;
	/** What `runCommands` runs. */
	readonly args?: { readonly view?: string; readonly commands?: readonly (string | Contributed)[] };
}

const keys: Key[] = contributes.keybindings;
const menuEntries: Contributed[] = Object.values<Contributed[]>(contributes.menus).flat();
interface Setting {
	readonly scope: string;
	readonly enum?: string[];
	readonly default?: unknown;
}
const settings: Record<string, Setting> = Object.assign(
	{},
	...contributes.configuration.map((each: { properties: object }) => each.properties),
);

function sameNames(inManifest: readonly string[], inCode: readonly string[]): void {
	assert.deepEqual([...inManifest].sort(), [...inCode].sort());
}

describe("package.json and the code agree on", () => {
	it("commands", () => {
		sameNames(
			contributes.commands.map((each: Contributed) => each.command),
			Object.values(commandIds),
		);
	});

	it("views, in one container", () => {
		assert.deepEqual(Object.keys(contributes.views), [viewContainerId]);
		sameNames(
			contributes.views[viewContainerId].map((each: { id: string }) => each.id),
			Object.values(viewIds),
		);
	});

	it("settings and their values", () => {
		assert.deepEqual(settings["skein.sources.keep"]?.enum, keepings);
		assert.deepEqual(settings["skein.sandbox"]?.enum, sandboxes);
		assert.deepEqual(settings["skein.approvals"]?.enum, approvalPolicies);
		sameNames(Object.keys(settings), Object.keys(settingNames));
		assert.deepEqual(settings["skein.sessions.groupBy"]?.enum, groupings);
		assert.deepEqual(settings["skein.sessions.sortBy"]?.enum, sortings);
	});

	it("editors and the walkthrough", () => {
		sameNames(
			contributes.customEditors.map((each: { viewType: string }) => each.viewType),
			Object.values(editorTypes),
		);
		assert.deepEqual(
			contributes.walkthroughs.map((each: { id: string }) => each.id),
			[walkthroughId],
		);
	});

	it("context keys: every key of ours in a when clause is one that the code sets", () => {
		const clauses = JSON.stringify(contributes)
			.match(/"(when|enablement)":"(\\"|[^"])*"/g)
			?.flatMap((clause) => clause.match(/skein\.[a-zA-Z]+/g) ?? []);
		const known: string[] = [...Object.values(contextKeys), ...Object.values(viewIds)];
		const unknown = clauses?.filter((name) => !known.includes(name));
		assert.deepEqual(unknown, []);
	});
});

describe("package.json", () => {
	it("names only commands that exist in menus and keybindings", () => {
		const known = new Set<string>(Object.values(commandIds));
		const ofKeys = keys.flatMap((key) => key.args?.commands?.slice(2) ?? [key]);
		for (const entry of [...menuEntries, ...ofKeys]) {
			const command = typeof entry === "string" ? entry : entry.command;
			assert.ok(known.has(command), command);
		}
	});

	// The key of the command itself stays, beaten by the one after it: menus show it beside the command.
	it("lets every key of a view find the focused row first", () => {
		const ofViews = keys.filter((key) => key.when?.includes("focusedView == "));
		const direct = ofViews.filter(({ command }) => command !== "runCommands");
		assert.equal(direct.length, 5);
		for (const key of direct) {
			const { command, args, when } = key;
			assert.deepEqual(ofViews[ofViews.indexOf(key) + 1], {
				...key,
				command: "runCommands",
				when: `${when} && listSupportsMultiselect`,
				args: { commands: ["list.toggleSelection", "list.toggleSelection", { command, args }] },
			});
		}
	});

	it("gives every command a category and a title without the product's name", () => {
		for (const { title, category } of contributes.commands) {
			assert.equal(category, "Skein");
			assert.doesNotMatch(words[title.slice(1, -1)], /skein/i);
		}
	});

	it("has every word it refers to in package.nls.json, and no other", () => {
		const used = JSON.stringify(manifest).match(/%[a-zA-Z.]+%/g) ?? [];
		sameNames([...new Set(used.map((each) => each.slice(1, -1)))], Object.keys(words));
	});

	it("enables commands that write only in a trusted workspace", () => {
		const looking = new Set([
			"openSession",
			"openAsText",
			"replaySession",
			"copySelection",
			"copyItem",
			"copyLink",
			"copyItemLink",
			"revealJournal",
			"searchSessions",
			"stopIndexing",
			"rebuildIndex",
			"doctor",
			"sessionsThatChanged",
			"refresh",
			"groupBy",
			"sortBy",
			"filter",
			"clearFilter",
			"showLog",
		]);
		for (const { command, enablement } of contributes.commands) {
			const name = command.slice("skein.".length);
			const writes = !looking.has(name) && !name.startsWith("replay.");
			assert.equal(/isWorkspaceTrusted/.test(enablement ?? ""), writes, command);
		}
	});

	it("scopes every key to a view of ours or to a transcript", () => {
		for (const { key, when } of keys) {
			assert.match(
				when ?? "",
				/focusedView (== |=~ \/\^)skein\\?\.|activeCustomEditorId =~ \/\^skein\\\./,
				key,
			);
		}
	});

	it("keeps executables out of a workspace's reach", () => {
		const restricted = ["skein.codex.path", "skein.agents", "skein.sandbox", "skein.approvals"];
		for (const name of restricted) {
			assert.equal(settings[name]?.scope, "machine-overridable", name);
		}
		assert.deepEqual(
			manifest.capabilities.untrustedWorkspaces.restrictedConfigurations,
			restricted,
		);
	});

	it("has each setting in the README, and the agents that are there from the start by their names", () => {
		const readme = readFileSync(path.join(repository, "README.md"), "utf8");
		for (const name of Object.keys(settings)) {
			assert.ok(readme.includes(`\n| \`${name}\` |`), name);
		}
		const agents = Object.keys(Object(settings["skein.agents"]?.default));
		const named = agents.map((agent) => agentLabel(agent)).join(", ");
		assert.ok(readme.includes(`| \`skein.agents\` | ${named} |`), named);
	});

	it("puts at most one icon into an editor's title bar", () => {
		const icons = contributes.menus["editor/title"].filter(
			(each: Contributed) => each.group === "navigation",
		);
		assert.equal(icons.length, 1);
	});

	it("names only files that exist in media/", () => {
		const files = JSON.stringify(manifest).match(/media\/[a-z/.-]+/g) ?? [];
		const there = readdirSync(path.join(repository, "media"), { recursive: true }).map((file) =>
			path.posix.join("media", String(file).replaceAll(path.sep, "/")),
		);
		for (const file of files) {
			assert.ok(there.includes(file), file);
		}
	});
});
