import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { startCodex } from "../../scripts/lib/codexClient.ts";
import { installCodex } from "../../scripts/lib/install.ts";
import { eventually, personEnv, type VSCodeWindow } from "./harness.ts";
import { begun, card, codexTest, composerBox, openCodeTest, say, turnEnded } from "./liveAgents.ts";

const journals = async ({ folders }: VSCodeWindow) =>
	readdir(path.join(folders.folder, ".vscode/skein/sessions")).catch(() => []);

codexTest(
	"composer with Codex: a new session, prompts, questions, files, stop, names",
	{},
	async (window, model) => {
		const { folders, page } = window;
		const transcript = () => window.transcript();
		await begun(window);

		await window.step("a new session has the caret in the box, and writes nothing", async () => {
			await window.runCommand("Skein: New Session");
			await window.activeTab("New Session");
			await composerBox(window).waitFor();
			await page.keyboard.type("Say hello");
			assert.equal(await composerBox(window).inputValue(), "Say hello");
			assert.deepEqual(await journals(window), []);
		});

		await window.step("the prompt is sent and its answer streams in", async () => {
			model.script([[{ say: "Hello from **the model**.\n\nAnd more." }]]);
			await page.keyboard.press("Enter");
			await transcript().locator("article.userMessage", { hasText: "Say hello" }).waitFor();
			await transcript().locator("article.agentMessage strong", { hasText: "the model" }).waitFor();
			await turnEnded(window);
			assert.equal((await journals(window)).length, 1);
			await window.activeTab("Say hello");
			await window
				.sideBar()
				.locator(".monaco-list-row.selected", { hasText: "Say hello" })
				.waitFor();
		});

		await window.step("a command runs only after it was allowed, with the keyboard", async () => {
			model.script([[{ run: "echo yes > made.txt" }], [{ say: "It is made." }]]);
			await say(window, "Make it");
			await card(window).locator(".subject", { hasText: "echo yes > made.txt" }).waitFor();
			assert.ok(!existsSync(path.join(folders.folder, "made.txt")), "it has not run yet");
			await card(window).getByRole("button", { name: "Allow", exact: true }).focus();
			await page.keyboard.press("Enter");
			await transcript().getByText("It is made.").waitFor();
			await turnEnded(window);
			assert.equal(await readFile(path.join(folders.folder, "made.txt"), "utf8"), "yes\n");
		});

		await window.step("a declined command does not run", async () => {
			model.script([[{ run: "echo no > never.txt" }], [{ say: "Then not." }]]);
			await say(window, "Make another");
			await card(window).getByRole("button", { name: "Decline", exact: true }).click();
			await transcript().getByText("Then not.").waitFor();
			await turnEnded(window);
			assert.ok(!existsSync(path.join(folders.folder, "never.txt")));
			await transcript().locator("article.commandExecution .status.declined").waitFor();
		});

		await window.step("a file change is asked about as a diff", async () => {
			await writeFile(path.join(folders.folder, "notes.md"), "one\ntwo\n");
			const patch =
				"*** Begin Patch\n*** Update File: notes.md\n@@\n one\n-two\n+three\n*** End Patch";
			model.script([[{ patch }], [{ say: "Changed." }]]);
			await say(window, "Change the notes");
			const diff = card(window).locator("table.diff");
			await diff.locator("tr.removed", { hasText: "two" }).waitFor();
			await diff.locator("tr.added", { hasText: "three" }).waitFor();
			assert.equal(await readFile(path.join(folders.folder, "notes.md"), "utf8"), "one\ntwo\n");
			await card(window).getByRole("button", { name: "Allow", exact: true }).click();
			await transcript().getByText("Changed.").waitFor();
			await turnEnded(window);
			assert.equal(await readFile(path.join(folders.folder, "notes.md"), "utf8"), "one\nthree\n");
		});

		await window.step(
			"what is queued goes when the turn has ended; Escape stops a turn",
			async () => {
				model.script([[{ stall: "I think about it" }], [{ say: "Next." }]]);
				await say(window, "Think");
				await transcript().getByText("I think about it").waitFor();
				await say(window, "And then this");
				const queue = transcript().getByRole("region", { name: "Sent when the turn ends" });
				await queue.getByText("And then this").waitFor();
				await composerBox(window).press("Escape");
				await transcript().getByText("interrupted").first().waitFor();
				const held = transcript().getByRole("region", { name: "Not sent" });
				await held.getByRole("button", { name: "Send Now" }).click();
				await transcript().locator("article.userMessage", { hasText: "And then this" }).waitFor();
				await transcript().getByText("Next.", { exact: true }).waitFor();
				await turnEnded(window);
				await held.waitFor({ state: "detached" });
			},
		);

		await window.step("Codex knows the session by the name it is given here", async () => {
			await window.runCommand("Skein: Rename Session…");
			await window.answer("Notes and files");
			await window.activeTab("Notes and files");
			model.script([[{ say: "Named." }]]);
			await say(window, "One more");
			await transcript().getByText("Named.").waitFor();
			await turnEnded(window);
			const codex = await startCodex(await installCodex(), {
				cwd: folders.folder,
				env: personEnv(folders),
			});
			try {
				const threads = await eventually(
					async () =>
						(await codex.call("thread/list", { modelProviders: [] })) as {
							data: { name?: string }[];
						},
					({ data }) => data.some(({ name }) => name === "Notes and files"),
					"The threads of Codex",
				);
				assert.equal(threads.data.length, 1);
			} finally {
				await codex.close();
			}
		});
		assert.deepEqual(window.observed.cspViolations, []);
		window.assertNothingFetched();
	},
);

openCodeTest(
	"composer with OpenCode over ACP: a prompt, an allowed and a declined command, a file, stop",
	async (window, model) => {
		const { folders } = window;
		const transcript = () => window.transcript();
		const file = path.join(folders.folder, "new.txt");
		await begun(window);
		await window.runCommand("Skein: New Session");
		await composerBox(window).waitFor();
		await transcript().getByRole("button", { name: "Agent: OpenCode" }).waitFor();

		await window.step("allowed and really run", async () => {
			model.script([
				{ call: "bash", input: { command: "echo yes > made.txt", description: "d" } },
				{ call: "write", input: { filePath: file, content: "one\ntwo\n" } },
				{ say: "Both are made." },
			]);
			await say(window, "Make both");
			await card(window).locator(".subject", { hasText: "echo yes > made.txt" }).waitFor();
			assert.ok(!existsSync(path.join(folders.folder, "made.txt")));
			await card(window).locator(".answers button").first().click();
			await card(window).locator("tr.added", { hasText: "two" }).waitFor();
			assert.ok(!existsSync(file));
			await card(window).locator(".answers button").first().click();
			await transcript().getByText("Both are made.").waitFor();
			await turnEnded(window);
			assert.equal(await readFile(path.join(folders.folder, "made.txt"), "utf8"), "yes\n");
			assert.equal(await readFile(file, "utf8"), "one\ntwo\n");
		});

		await window.step("declined and not run", async () => {
			model.script([{ call: "bash", input: { command: "touch never.txt", description: "d" } }]);
			await say(window, "And never");
			await card(window)
				.getByRole("button", { name: /Reject|Decline|No/ })
				.first()
				.click();
			await turnEnded(window);
			assert.ok(!existsSync(path.join(folders.folder, "never.txt")));
		});

		await window.step(
			"an addition waits, because this agent takes none; Stop keeps what was said",
			async () => {
				model.script([{ stall: "Let me think" }]);
				await say(window, "Think of blue");
				await transcript().getByText("Let me think").waitFor();
				await composerBox(window).fill("of green");
				await composerBox(window).press("Control+Enter");
				await transcript().getByText("The prompt waits until the turn ends.").waitFor();
				await transcript().getByRole("button", { name: "Remove from Queue" }).click();
				await transcript().getByRole("button", { name: "Stop" }).click();
				await turnEnded(window);
				await transcript().locator("article.agentMessage", { hasText: "Let me think" }).waitFor();
			},
		);
	},
);

codexTest(
	"composer: a reload in mid-turn loses nothing, another window follows and answers, drafts stay",
	{},
	async (window, model) => {
		const { folders, page } = window;
		const transcript = () => window.transcript();
		await begun(window);
		await window.runCommand("Skein: New Session");
		await composerBox(window).waitFor();

		await window.step("a reload while an answer streams, and while something waits", async () => {
			const half = "The first half of the answer is here. ";
			const rest = "And this is the second half, which came after the reload.";
			const go = Promise.withResolvers<void>();
			model.script([
				[{ say: half + rest, hold: { after: half.length, until: go.promise } }],
				[{ say: "The one that waited." }],
			]);
			await say(window, "Answer slowly");
			await transcript().getByText("The first half").waitFor();
			await say(window, "And then");
			await transcript().locator(".queue").getByText("And then").waitFor();
			await composerBox(window).fill("half typed");
			await window.keeps("half typed");
			await window.reload();
			await transcript().getByText("The first half").waitFor();
			await transcript().locator(".working").waitFor();
			await transcript().locator(".queue").getByText("And then").waitFor();
			assert.equal(await composerBox(window).inputValue(), "half typed");
			go.resolve();
			await transcript().getByText("came after the reload.").waitFor();
			await transcript().getByText("The one that waited.").waitFor();
			await turnEnded(window);
			const articles = await transcript().locator("article").allInnerTexts();
			assert.deepEqual(
				articles.map((text) => text.trim().split("\n").at(-1)),
				["Answer slowly", `${half}${rest}`, "And then", "The one that waited."],
			);
			await composerBox(window).fill("");
		});

		await window.step("a prompt whose tab is hidden at once is sent once", async () => {
			model.script([[{ say: "Heard once." }]]);
			await say(window, "Say it once");
			await window.runCommand("Skein: New Session");
			await window.activeTab("New Session");
			await composerBox(window).waitFor();
			await window.runCommand("View: Close Editor");
			await window.activeTab("Answer slowly");
			await transcript().getByText("Heard once.").waitFor();
			await turnEnded(window);
			assert.equal(await composerBox(window).inputValue(), "");
			const prompts = transcript().locator("article.userMessage", { hasText: "Say it once" });
			assert.equal(await prompts.count(), 1);
		});

		await window.step("a waiting prompt that is being changed waits for that", async () => {
			const go = Promise.withResolvers<void>();
			const text = "The turn goes on for a while, and it ends while somebody writes.";
			model.script([
				[{ say: text, hold: { after: 30, until: go.promise } }],
				[{ say: "As it was changed." }],
			]);
			await say(window, "Go on");
			await transcript().getByText("The turn goes on").waitFor();
			await say(window, "Old words");
			await transcript().getByRole("button", { name: "Edit Prompt" }).click();
			const field = transcript().getByRole("textbox", { name: "Edit Prompt" });
			await field.fill("New words");
			go.resolve();
			await transcript().getByRole("region", { name: "Sent when you have changed it" }).waitFor();
			await window.keepScreenshot("composer-editing");
			await field.press("Enter");
			await transcript().getByText("As it was changed.").waitFor();
			await turnEnded(window);
			await transcript().locator("article.userMessage", { hasText: "New words" }).waitFor();
			assert.equal(await transcript().getByText("Old words").count(), 0);
		});

		await window.step(
			"another window follows, sees who runs it, and answers once for all",
			async () => {
				const second = await window.another();
				await second.openSkein();
				await second.row("Answer slowly").click();
				await second.transcript().getByText("The one that waited.").waitFor();
				const go = Promise.withResolvers<void>();
				const text = "I look at it first, and then I run it.";
				model.script([
					[{ say: text, hold: { after: 24, until: go.promise } }, { run: "echo two > two.txt" }],
					[{ say: "Both windows saw it." }],
				]);
				await say(window, "Run it");
				await second.transcript().getByText("runs a turn of this session").waitFor();
				await second.transcript().getByText("I look at it").waitFor();
				assert.equal(await composerBox(second).count(), 0);
				go.resolve();
				await card(window).waitFor();
				await card(second).getByText("echo two > two.txt").first().waitFor();
				await card(second).getByRole("button", { name: "Allow", exact: true }).click();
				await card(window).waitFor({ state: "detached" });
				await transcript()
					.locator(".answered", { hasText: /Allow, by the window/ })
					.waitFor();
				for (const each of [window, second]) {
					await each.transcript().getByText("Both windows saw it.").waitFor();
				}
				assert.equal(await readFile(path.join(folders.folder, "two.txt"), "utf8"), "two\n");
				await composerBox(second).waitFor();
			},
		);

		await window.step("a mention and an image go to the agent", async () => {
			await writeFile(path.join(folders.folder, "plan.md"), "the plan\n");
			model.script([[{ say: "Seen." }]]);
			await composerBox(window).click();
			await page.keyboard.type("Look at @pla");
			const option = transcript().getByRole("option", { name: "plan.md" });
			await eventually(
				async () => {
					await page.keyboard.press("Backspace");
					await page.keyboard.type("a");
					return option.count();
				},
				(count) => count > 0,
				"Files offered",
			);
			await page.keyboard.press("Enter");
			await window.inTranscript(pastePicture);
			await transcript().getByRole("button", { name: "Remove dot.png" }).waitFor();
			await transcript().locator(".composer .images img").waitFor();
			await composerBox(window).press("Enter");
			await transcript().getByText("Seen.").waitFor();
			const asked = JSON.stringify(model.requests.at(-1));
			assert.match(asked, /Look at @plan\.md/);
			assert.match(asked, /data:image\/png;base64,/);
			await transcript().locator("article.userMessage img").last().waitFor();
		});

		await window.step(
			"a new session with something typed is there after a reload, an empty one is not",
			async () => {
				const before = await journals(window);
				await window.runCommand("Skein: New Session");
				await window.activeTab("New Session");
				await composerBox(window).waitFor();
				await window.runCommand("Skein: New Session");
				await eventually(
					() => window.editorTabs().filter({ hasText: "New Session" }).count(),
					(count) => count === 2,
					"New sessions",
				);
				await composerBox(window).fill("not sent yet");
				await window.keeps("not sent yet");
				await window.reload();
				await composerBox(window).waitFor();
				assert.equal(await composerBox(window).inputValue(), "not sent yet");
				assert.deepEqual(await journals(window), before);
			},
		);
		assert.deepEqual(window.observed.cspViolations, []);
	},
);

codexTest(
	"composer: a prompt in a session of Codex's own imports it and goes on in its thread",
	{ workspace: "sample", sessions: "sample" },
	async (window, model) => {
		await window.openSkein();
		await window.openSession("Fix the word count", "It now splits at any white space");
		const transcript = window.transcript();
		await transcript.getByText("This session is Codex's own").waitFor();
		model.script([[{ say: "It goes on." }]]);
		await say(window, "Anything else?");
		await transcript.getByText("It goes on.").waitFor();
		await turnEnded(window);
		await transcript.getByText("This session is Codex's own").waitFor({ state: "detached" });
		assert.equal((await journals(window)).length, 1);
		assert.match(
			JSON.stringify(model.requests.at(-1)),
			/splits at any white space.*Anything else\?/,
		);
		const rows = window.view("Sessions").getByRole("treeitem", { name: "Fix the word count" });
		assert.equal(await rows.count(), 1);
		await window.activeTab("Fix the word count");
	},
);

/** What a person does who copies a picture elsewhere and pastes it here. */
const pastePicture = `(() => {
	const base64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
	const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
	const transfer = new DataTransfer();
	transfer.items.add(new File([bytes], "dot.png", { type: "image/png" }));
	document.querySelector(".composer textarea").dispatchEvent(
		new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
})()`;
