import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import {
	makeRuntimeFolder,
	processContext,
	runtimeFolderOf,
} from "../../src/daemon/runtime/folder.ts";
import { DaemonLock } from "../../src/daemon/runtime/lock.ts";
import { untilGone } from "../daemon/support.ts";
import {
	connect,
	find,
	openQuestions,
	prompt,
	showsState,
	statusItem,
	statusSelector,
	watchStates,
} from "./agents.ts";
import { create } from "./command.ts";
import { eventually, type Folders, personEnv, type VSCodeWindow, windowTest } from "./harness.ts";
import { begun, codexTest, composerBox, say } from "./liveAgents.ts";
import { calm, keep } from "./pictures.ts";

const go = { type: "userMessage", text: "Where were we?" };

/** Holds the lock of the folder's daemon, as a daemon does that is about to start. */
async function holdLock(folders: Folders): Promise<DaemonLock> {
	const context = { ...processContext(), env: personEnv(folders) };
	const runtime = await runtimeFolderOf(folders.folder, context);
	await makeRuntimeFolder(runtime, context);
	const lock = DaemonLock.take(runtime.lock);
	assert.ok(lock);
	return lock;
}

/** The text of the rows of the *Runs* view, once they begin like this. */
async function showsRuns(window: VSCodeWindow, ...rows: readonly RegExp[]): Promise<void> {
	await eventually(
		() => window.view("Runs").getByRole("treeitem").allInnerTexts(),
		(texts) => rows.every((row, index) => row.test(texts[index] ?? "")),
		`The rows of Runs, for ${rows.join(", ")}`,
	);
}

async function background(window: VSCodeWindow): Promise<string> {
	const item = statusItem(window);
	return item.evaluate((element) => element.className.match(/warning-kind|error-kind/)?.[0] ?? "");
}

windowTest(
	"runs: the status bar and the Runs view go through every state, each for a real reason",
	{ settings: calm, sessions: "none" },
	async (window) => {
		const { folders } = window;
		const [parser, changelog, dates] = [
			await create(folders, "Speed up the parser", go),
			await create(folders, "Write the changelog", go),
			await create(folders, "Port the date picker", go),
		];
		await window.openSkein();
		await window.row("Speed up the parser").waitFor();
		const states = await watchStates(window);

		await window.step("stopped", async () => {
			await showsState(window, "Skein");
			await window.view("Runs").getByText("No agent has run here yet").waitFor();
			const label = await statusItem(window).locator("a").getAttribute("aria-label");
			assert.match(label ?? "", /Stopped\. The daemon starts with the first prompt/);
			await keep(window, "daemon-stopped");
		});

		await window.step(
			"starting: another daemon holds the lock and does not answer yet",
			async () => {
				const lock = await holdLock(folders);
				await window.runCommand("Skein: Start Daemon");
				await showsState(window, "Skein: starting");
				await keep(window, "daemon-starting", { atWork: true });
				lock.release();
			},
		);

		await window.step("idle", async () => {
			await eventually(
				() => statusItem(window).locator("a").getAttribute("aria-label"),
				(label) => /Ready/.test(label ?? ""),
				"The label of the status bar",
			);
			await showsState(window, "Skein");
			await keep(window, "daemon-idle");
		});

		const client = await find(folders);
		await window.step("busy: an agent works", async () => {
			await prompt(client, parser, "pids");
			await showsState(window, "Skein: 1 running");
			await showsRuns(window, /Speed up the parser/);
			await window.view("Runs").locator(".codicon-loading").waitFor();
			await keep(window, "daemon-busy");
		});

		await window.step("needs you: an agent asks", async () => {
			await prompt(client, changelog, "asks");
			await openQuestions(client, 1);
			await showsState(window, "Skein: 1 waiting for you");
			assert.equal(await background(window), "warning-kind");
			await showsRuns(window, /Write the changelog/, /npm test/, /Speed up the parser/);
			assert.match((await window.skeinTab().getAttribute("aria-label")) ?? "", /1 question/);
			await keep(window, "daemon-needs-you");
		});

		await window.step("answered: it is allowed in the view", async () => {
			await window.row("npm test").click();
			await window.pick("Allow");
			await showsRuns(window, /Speed up the parser/, /Recent/, /Write the changelog/);
			await showsState(window, "Skein: 1 running");
		});

		await window.step("degraded, then crashed: an agent ends again and again", async () => {
			await prompt(client, dates, "exit");
			await showsState(window, "Skein: restarting");
			await keep(window, "daemon-degraded");
			await showsState(window, "Skein: failed");
			assert.equal(await background(window), "error-kind");
			await keep(window, "daemon-crashed-agent");
			await window.runCommand("Skein: Show Last Daemon Error");
			const editor = window.page.locator(".part.editor .view-lines");
			await editor.getByText("I do not want to").first().waitFor();
			await window.runCommand("View: Close All Editors");
			await editor.waitFor({ state: "detached" });
		});

		await window.step("crashed: the daemon is killed", async () => {
			process.kill(client.pid, "SIGKILL");
			await untilGone(client.pid);
			await eventually(
				() => statusItem(window).locator("a").getAttribute("aria-label"),
				(label) => /ended without saying so/.test(label ?? ""),
				"The label of the status bar",
			);
			await showsState(window, "Skein: failed");
			await showsRuns(window, /Recent/, /./);
			await keep(window, "daemon-crashed");
		});

		await window.step("it is started again", async () => {
			await window.runCommand("Skein: Start Daemon");
			await showsState(window, "Skein");
		});

		await window.step("stopping: an agent does not end when it is asked to", async () => {
			const again = await find(folders);
			await prompt(again, parser, "stubborn");
			await eventually(
				async () => (await again.call("status", {})).runs.every((run) => run.endedAt !== null),
				Boolean,
				"All runs are over",
			);
			await window.runCommand("Skein: Stop Daemon");
			await showsState(window, "Skein: stopping");
			await keep(window, "daemon-stopping");
			await showsState(window, "Skein");
			await untilGone(again.pid);
		});

		// In this order, whatever was too short to be drawn in between.
		const wanted = [
			"Skein",
			"Skein: starting",
			"Skein",
			"Skein: 1 running",
			"Skein: 1 waiting for you",
			"Skein: 1 running",
			"Skein: restarting",
			"Skein: failed",
			"Skein: starting",
			"Skein",
			"Skein: stopping",
			"Skein",
		];
		const shown = await states();
		let place = -1;
		for (const words of wanted) {
			place = shown.indexOf(words, place + 1);
			assert.ok(place >= 0, `${words} is missing in ${shown.join(", ")}`);
		}
	},
);

windowTest(
	"runs: a run outlives its window, which misses nothing when it comes back",
	{ settings: calm, sessions: "none" },
	async (window) => {
		const { page, folders } = window;
		const session = await create(folders, "A long one", go);
		const later = await create(folders, "A later one", go);
		await window.openSkein();
		await window.runCommand("Skein: Start Daemon");
		const client = await find(folders);
		await prompt(client, session, "pids");
		await showsState(window, "Skein: 1 running");

		await window.reload();
		await showsState(window, "Skein: 1 running");

		const address = page.url();
		await page.goto("about:blank");
		await client.call("interrupt", { session });
		await prompt(client, later, "asks");
		const [question] = await openQuestions(client, 1);
		await page.goto(address);
		await window.settled();
		await showsState(window, "Skein: 1 waiting for you");
		await window.openSkein();
		await showsRuns(window, /A later one/, /npm test/, /Recent/, /A long one/);

		await window.step("what was answered elsewhere is said", async () => {
			await window.row("npm test").click();
			await window.quickInput().waitFor();
			await client.call("answer", { approval: question?.id ?? "", option: "decline" });
			await window.notification("answered elsewhere");
			assert.equal(await window.quickInput().count(), 0);
		});

		await window.step("stopping the daemon asks while a run is live", async () => {
			await prompt(client, session, "pids");
			await showsState(window, "Skein: 1 running");
			await window.runCommand("Skein: Stop Daemon");
			await window.page.locator(".monaco-dialog-box").getByText("A run is under way").waitFor();
			await window.clickDialog("Cancel");
			await showsState(window, "Skein: 1 running");
			await window.runCommand("Skein: Stop Daemon");
			await window.clickDialog("Interrupt and Stop");
			await showsState(window, "Skein");
			await untilGone(client.pid);
		});
	},
);

windowTest(
	"runs: a question nobody looks at is announced once, by one of two windows",
	{ settings: calm, sessions: "none" },
	async (window) => {
		const { page, folders } = window;
		const link = "[now](command:workbench.action.closeActiveEditor)";
		const session = await create(folders, `Deploy ${link}`, go);
		// VS Code shows a notification that reads the same as another one once.
		const others = [await create(folders, "Release", go), await create(folders, "Retire", go)];
		await window.openSkein();
		await window.row("Deploy").waitFor();
		const client = await connect(folders);
		await showsState(window, "Skein");
		const other = await page.context().newPage();
		await other.goto(page.url());
		const clientsAre = (count: number) =>
			eventually(
				async () => (await client.call("status", {})).clients,
				(clients) => clients === count,
				"Clients of the daemon",
			);
		await clientsAre(3);
		const ask = async (about = session) => {
			await prompt(client, about, "asks");
			const [question] = await openQuestions(client, 1);
			return question?.id ?? "";
		};
		const decline = async (approval: string) => {
			await client.call("answer", { approval, option: "decline" });
			await showsState(window, "Skein");
		};
		const announced = async () => {
			const texts: string[] = [];
			for (const each of [page, other]) {
				const center = each.locator(".notifications-center.visible");
				if (!(await center.isVisible())) {
					await each.locator("#status\\.notifications").click();
				}
				texts.push(...(await center.locator(".notification-list-item").allInnerTexts()));
			}
			return texts.filter((text) => text.includes("waits for your answer"));
		};

		await window.step("not while a window shows the Runs view", async () => {
			const question = await ask();
			await showsState(window, "Skein: 1 waiting for you");
			await decline(question);
		});

		await window.step("where nobody looks, by one window", async () => {
			for (const each of [page, other]) {
				if (await each.locator(".part.sidebar").isVisible()) {
					await each.keyboard.press("Control+b");
				}
				await each.locator(".part.sidebar").waitFor({ state: "hidden" });
				// When the extension has opened its actions, it knows that the view is out of sight.
				await each.locator(statusSelector).click();
				await each.locator(".quick-input-widget").getByText("Stop Daemon").waitFor();
				await each.keyboard.press("Escape");
			}
			for (const [index, about] of others.entries()) {
				const question = await ask(about);
				await eventually(announced, ({ length }) => length === index + 1, "What was announced");
				await decline(question);
			}
		});

		await window.step("it is answered from there, and what others wrote is no link", async () => {
			await other.goto("about:blank");
			await clientsAre(2);
			await ask();
			const notification = await window.notification(/waits for your answer in "Deploy \[now/);
			assert.deepEqual(await notification.locator("a[href]").allInnerTexts(), []);
			await window.clickNotification(/Deploy/, "Answer…");
			await window.pick("Allow");
			await showsState(window, "Skein");
		});
	},
);

codexTest(
	"runs with Codex: what is allowed in the Runs view happens, what is declined does not, and all is recorded",
	{ settings: calm },
	async (window, model) => {
		const { page, folders } = window;
		const file = (name: string) => path.join(folders.folder, name);
		await begun(window);
		await window.runCommand("Skein: Record Protocol");
		await showsState(window, "Skein: recording");
		await window.runCommand("Skein: New Session");
		await composerBox(window).waitFor();

		await window.step("a command that is allowed runs", async () => {
			model.script([[{ run: "echo yes > made.txt" }], [{ say: "It is there." }]]);
			await say(window, "Make a file");
			await showsState(window, "Skein: 1 waiting for you, recording");
			await window.row("echo yes").click();
			await window.pick("echo yes > made.txt");
			await window.transcript().locator("section.approval").waitFor();
			assert.equal(existsSync(file("made.txt")), false, "it was only looked at");
			await window.row("echo yes").click();
			await window.pick("Allow");
			await window.transcript().getByText("It is there.").waitFor();
			assert.equal(await readFile(file("made.txt"), "utf8"), "yes\n");
		});

		await window.step("its protocol was recorded", async () => {
			await window.clickNotification("was recorded", "Show File");
			const text = page.locator(".part.editor .view-lines");
			await text.getByText("requestApproval").first().waitFor();
			await window.runCommand("Skein: Record Protocol");
			await window.runCommand("View: Close Editor");
			await window.activeTab("Make a file");
		});

		await window.step("a command that is declined does not", async () => {
			model.script([[{ run: "echo no > never.txt" }], [{ say: "Then not." }]]);
			await say(window, "Make another");
			await showsState(window, "Skein: 1 waiting for you");
			await window.row("Recent").click();
			await page.keyboard.press("Control+Alt+Shift+A");
			await window.pick("Decline");
			await window.transcript().getByText("Then not.").waitFor();
			assert.equal(existsSync(file("never.txt")), false);
		});

		await window.step("a question about a file change names the files", async () => {
			const patch = "*** Begin Patch\n*** Add File: src/new.txt\n+one\n*** End Patch";
			model.script([[{ patch }], [{ say: "Written." }]]);
			await say(window, "Write it");
			await showsState(window, "Skein: 1 waiting for you");
			await window.runCommand("Skein: Answer Question…");
			const shown = page.locator(".quick-input-list .monaco-list-row");
			await shown.filter({ hasText: "src/new.txt" }).waitFor();
			await window.pick("Allow");
			await window.transcript().getByText("Written.").waitFor();
			assert.equal(await readFile(file("src/new.txt"), "utf8"), "one\n");
			await showsState(window, "Skein");
		});
	},
);
