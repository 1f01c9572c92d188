import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { TranscriptViewState } from "../../src/protocol/webview.ts";
import { closeHarness, type Harness } from "./harness.ts";
import { box, composer, idle, openLive } from "./liveFixtures.ts";

// What was typed is never thrown away, and is sent once.

after(closeHarness);

const kept = ({ page }: Harness) =>
	page.evaluate<TranscriptViewState>("JSON.parse(sessionStorage.getItem('state'))");

/** The prompts that the page has given to the host, the newest last. */
async function given(harness: Harness, count: number) {
	const prompts = () => harness.said.filter((each) => each.type === "prompt");
	await harness.heard("prompt", () => prompts().length >= count);
	return prompts();
}

test("prompts that could not be sent stand before what is being typed, the caret stays", async () => {
	const harness = await openLive(idle);
	const { page } = harness;
	for (const text of ["the first prompt", "the second prompt"]) {
		await box(harness).fill(text);
		await page.keyboard.press("Enter");
	}
	const [first, second] = await given(harness, 2);
	assert.ok(first && second);
	await page.keyboard.type("next");
	await page.keyboard.press("ArrowLeft");
	const failed = { type: "prompted", outcome: "failed", message: "No daemon." } as const;
	await harness.send({ ...failed, id: second.id }, { ...failed, id: first.id });
	await page.getByText("No daemon.").waitFor();
	assert.equal(await box(harness).inputValue(), "the first prompt\n\nthe second prompt\n\nnext");
	await page.keyboard.type("!");
	assert.equal(await box(harness).inputValue(), "the first prompt\n\nthe second prompt\n\nnex!t");
	assert.match((await kept(harness)).draft?.text ?? "", /first.*second.*nex!t/s);
	await harness.close();
});

test("a prompt on its way when the page goes is not in the box again: the page asks what became of it", async () => {
	const harness = await openLive(idle);
	const { page } = harness;
	const ids: string[] = [];
	for (const text of ["sent", "failed", "slow", "forgotten"]) {
		await box(harness).fill(text);
		await page.keyboard.press("Enter");
		ids.push((await given(harness, ids.length + 1)).at(-1)?.id ?? "");
	}
	const [sent = "", failed = "", slow = "", forgotten = ""] = ids;
	assert.equal(new Set(ids).size, 4);
	await page.keyboard.type("next");
	await harness.until(`JSON.parse(sessionStorage.getItem("state")).draft?.text === "next"`);

	const said = harness.said.length;
	await page.reload();
	assert.equal((await harness.heard("ready", () => true, said)).draft, true);
	assert.deepEqual((await harness.heard("resume", () => true, said)).prompts, ids);
	await harness.send(
		{ type: "prompted", id: sent, outcome: "sent" },
		{ type: "prompted", id: failed, outcome: "failed", message: "No daemon." },
		composer(idle),
	);
	await page.getByText("No daemon.").waitFor();
	assert.equal(await box(harness).inputValue(), "failed\n\nnext");
	await harness.send({ type: "prompted", id: forgotten, outcome: "unknown" });
	await page.getByText("Send it again if the transcript does not have it.").waitFor();
	assert.equal(await box(harness).inputValue(), "forgotten\n\nfailed\n\nnext");
	assert.deepEqual((await kept(harness)).underWay, [
		{ id: slow, draft: { text: "slow", mentions: [], images: [] } },
	]);
	await harness.send({ type: "prompted", id: slow, outcome: "queued" });
	await harness.settled();
	assert.equal((await kept(harness)).underWay, undefined);
	assert.equal(await box(harness).inputValue(), "forgotten\n\nfailed\n\nnext");
	await harness.close();
});

const paste = ({ page }: Harness, name: string) =>
	page.evaluate(`(() => {
		const transfer = new DataTransfer();
		transfer.items.add(new File([new Uint8Array([1, 2, 3])], "${name}", { type: "image/png" }));
		document.querySelector(".composer textarea").dispatchEvent(
			new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
	})()`);

test("a prompt waits for the images that were pasted with it, what is sent after it waits, too", async () => {
	const harness = await openLive(idle);
	const { page } = harness;
	await box(harness).fill("what is this?");
	await paste(harness, "a.png");
	await paste(harness, "same.png");
	await page.getByRole("img", { name: "a.png" }).waitFor();
	await box(harness).press("Enter");
	await page.getByRole("img", { name: "a.png" }).waitFor({ state: "detached" });
	await page.keyboard.type("then this");
	await paste(harness, "b.png");
	await page.keyboard.press("Enter");
	await page.keyboard.type("next");
	const attach = async (name: string) =>
		(await harness.heard("attach", (each) => each.name === name)).id;
	const image = { hash: "sha256:1", mime: "image/png", name: "a.png" };
	await harness.send({
		type: "attached",
		id: await attach("b.png"),
		refused: "b.png is no image.",
	});
	await harness.send({ type: "attached", id: await attach("a.png"), image });
	await harness.settled();
	assert.deepEqual(
		harness.said.filter((each) => each.type === "prompt"),
		[],
	);
	assert.equal((await kept(harness)).underWay?.length, 2);
	await harness.send({ type: "attached", id: await attach("same.png"), image });
	const [sent] = await given(harness, 1);
	assert.deepEqual(sent?.draft, { text: "what is this?", mentions: [], images: [image] });
	await page.getByText("b.png is no image.").waitFor();
	assert.equal(await box(harness).inputValue(), "then this\n\nnext");
	assert.equal(await page.locator(".composer .images li").count(), 0);
	await page.keyboard.press("Enter");
	assert.equal((await given(harness, 2))[1]?.draft.text, "then this\n\nnext");
	await harness.close();
});
