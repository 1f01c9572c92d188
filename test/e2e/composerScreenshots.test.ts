import type { VSCodeWindow } from "./harness.ts";
import { card, codexTest, composerBox, say, turnEnded } from "./liveAgents.ts";
import { calm, keep } from "./pictures.ts";

// Pictures of the composer and of a turn at work; see pictures.ts.

async function keepThemes(window: VSCodeWindow, name: string): Promise<void> {
	const suffixes = { light: "light", highContrast: "high-contrast", dark: "dark" } as const;
	for (const theme of ["light", "highContrast", "dark"] as const) {
		await window.setTheme(theme);
		await keep(window, `${name}-${suffixes[theme]}`, { atWork: true });
	}
}

/** Makes the side bar so wide that the editor is as narrow as a side panel. */
async function narrow({ page }: VSCodeWindow): Promise<void> {
	const bar = await page.locator(".part.sidebar").boundingBox();
	const edge = (bar?.x ?? 0) + (bar?.width ?? 0);
	await page.mouse.move(edge, 400);
	await page.mouse.down();
	await page.mouse.move(edge + 200, 400, { steps: 4 });
	await page.mouse.move(1280 - 308, 400, { steps: 8 });
	await page.mouse.up();
}

codexTest(
	"screenshots: the composer empty, streaming, asking, queueing, and narrow",
	{ workspace: "sample", sessions: "sample", settings: calm },
	async (window, model) => {
		const transcript = () => window.transcript();
		await window.openSkein();
		await window.row("Fix the word count").waitFor();
		await window.runCommand("Skein: New Session");
		await composerBox(window).waitFor();
		await keepThemes(window, "composer-empty");

		const go = Promise.withResolvers<void>();
		const answer = [
			"The counter splits at single spaces, so two in a row count as a word of their own.",
			"I would change three things:\n",
			"1. Split at any **white space**, as `wc` does.",
			"2. Leave out what is empty, at the ends of a text too.",
			"3. Test it with tabs and line ends.\n",
			"```js\nexport function countWords(text) {\n\treturn text.split(/\\s+/).filter(Boolean).length;",
		].join("\n");
		model.script([
			[{ say: `${answer}\n}\n\`\`\`\n`, hold: { after: answer.length, until: go.promise } }],
			[{ say: "First the test." }, { run: "npm test -- --reporter=dot" }],
			[{ say: "All tests pass." }],
			[{ say: "Done." }],
			[{ say: "Done." }],
		]);
		await say(window, "Why does the word count differ from wc?");
		await transcript().getByText("countWords").waitFor();
		await keepThemes(window, "composer-streaming");
		await say(window, "Then fix it and run the tests");
		await say(window, "And add a line to the changelog");
		await transcript().locator(".queue li").nth(1).waitFor();
		await keepThemes(window, "composer-queue");

		go.resolve();
		await card(window).waitFor();
		await keepThemes(window, "composer-approval");
		await narrow(window);
		await keep(window, "composer-narrow", { atWork: true });
		await card(window).getByRole("button", { name: "Decline", exact: true }).click();
		await turnEnded(window);
	},
);
