import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { BrowserContext } from "playwright-core";
import { type Scrolling, scrolled } from "./frames.ts";
import { scratch } from "./place.ts";

const head = `<!doctype html><meta charset="utf-8">
<style>article { white-space: pre-wrap; margin: 12px; font: 13px sans-serif }</style>
<main></main><script>const began = performance.now(); const texts = `;
const tail = `;
for (const text of texts) {
	const article = document.createElement("article");
	article.textContent = text;
	document.querySelector("main").append(article);
}
scrollTo(0, document.documentElement.scrollHeight);
window.painted = new Promise((resolve) => requestAnimationFrame(() =>
	requestAnimationFrame(() => resolve(performance.now() - began))));
</script>`;

/**
 * A page that renders every item of a session at once, as plain as can be: what a transcript costs without sections that
 * come and go.
 */
export async function everythingAtOnce(
	context: BrowserContext,
	journal: string,
): Promise<{ paint: number; nodes: number; scroll: Scrolling }> {
	const texts: string[] = [];
	for (const line of fs.readFileSync(journal, "utf8").split("\n")) {
		const { item } = line === "" ? {} : (JSON.parse(line) as { item?: Record<string, unknown> });
		if (item) {
			texts.push(
				Object.values(item)
					.filter((value) => typeof value === "string")
					.join("\n"),
			);
		}
	}
	const file = path.join(scratch(), "everything.html");
	fs.writeFileSync(file, `${head}${JSON.stringify(texts).replaceAll("<", "\\u003c")}${tail}`);
	const page = await context.newPage();
	page.setDefaultTimeout(600_000);
	try {
		await page.goto(pathToFileURL(file).href, { timeout: 600_000 });
		const paint = await page.evaluate<number>("window.painted");
		const scroll = await scrolled(page, page.mainFrame());
		const session = await context.newCDPSession(page);
		const { nodes } = await session.send("Memory.getDOMCounters");
		return { paint, nodes, scroll };
	} finally {
		await page.close();
	}
}
