import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import type { SearchHit } from "../../src/core/index/search.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import type { Transcript } from "../../src/core/transcript/transcript.ts";
import { random, writeRollouts, writeStore } from "../bench/datasets.ts";
import { locationsIn, temporaryFolder } from "../support/temporary.ts";

const samples = 500;
/** Of these, two-character words of scripts without spaces. */
const pairs = 60;
const real = path.resolve(import.meta.dirname, "../../../shared/data/codex");

interface Message {
	readonly session: string;
	readonly item: string;
	readonly text: string;
}

/** What a person compares: letters and digits, without case and accents. None of the index' own code. */
function plain(text: string): string {
	return text
		.normalize("NFKD")
		.replace(/[\u0300-\u036f]/g, "")
		.normalize("NFC")
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
		.trim();
}

const han = /\p{Script=Han}{2,}/gu;
/** Words that every script's reader would call one, so that it does not matter where words end. */
const simple = /^[a-z0-9]+$/;

/** Two to five words that stand next to each other in a message. */
function phraseOf(text: string, below: (n: number) => number): string | undefined {
	const words = plain(text).split(" ");
	const count = 2 + below(4);
	const from = below(Math.max(1, words.length - count));
	const chosen = words.slice(from, from + count);
	return chosen.length >= 2 && chosen.every((word) => simple.test(word))
		? chosen.join(" ")
		: undefined;
}

/** Two characters that stand next to each other, wherever in a longer word. */
function pairOf(text: string, below: (n: number) => number): string | undefined {
	const runs = text.match(han) ?? [];
	const run = [...(runs[below(Math.max(1, runs.length))] ?? "")];
	const at = below(Math.max(1, run.length - 1));
	return run.slice(at, at + 2).join("") || undefined;
}

test("500 phrases of messages, of our sessions and of agents', are found at their items, and nothing else is found for them", async (t) => {
	const folder = await temporaryFolder(t);
	const home = await temporaryFolder(t);
	writeStore(folder, { sessions: 150, items: 40 });
	writeRollouts(home, 150);
	const names = fs.existsSync(real) ? fs.readdirSync(real, { recursive: true }) : [];
	for (const [index, name] of names.map(String).entries()) {
		if (/rollout[^/]*\.jsonl$/.test(name)) {
			const place = path.join(home, "sessions", "real", String(index));
			fs.mkdirSync(place, { recursive: true });
			fs.symlinkSync(path.join(real, name), path.join(place, path.basename(name)));
		}
	}
	const locations = locationsIn(home, { CODEX_HOME: home });
	const store = new WorkspaceStore(folder, locations);
	t.after(() => store.close());
	const own = await store.create({ title: "検索の会話" });
	const turn = await own.startTurn();
	const words = ["検索", "会話", "記録", "再生", "索引", "設定", "確認", "修正", "测试", "构建"];
	for (let at = 0; at < 100; at++) {
		const [one, two, three] = [at, at * 7 + 1, at * 3 + 2].map((n) => words[n % words.length]);
		const text = `${one}を${two}する。${three}${at}番目`;
		await own.addItem(turn, { type: at % 2 ? "agentMessage" : "userMessage", text });
	}
	await own.completeTurn(turn);
	const sources = createSources(locations);
	const index = await SessionIndex.open({ stores: [store], sources, locations });
	t.after(() => index.close());
	await index.update();

	const transcripts = new Map<string, Transcript>();
	const messages: Message[] = [];
	const texts = new Map<string, string>();
	for (const row of await index.rows()) {
		const source = sources.find(({ name }) => name === row.source);
		const opening = source ? source.open(row) : store.transcript(row.id);
		const transcript = await opening;
		transcripts.set(row.id, transcript);
		for (const item of await transcript.items(0, transcript.rows.length)) {
			if (item?.content.type !== "userMessage" && item?.content.type !== "agentMessage") {
				continue;
			}
			const { text } = item.content;
			if (typeof text === "string") {
				messages.push({ session: row.id, item: item.id, text });
				texts.set(item.id, text);
			}
		}
	}
	assert.ok(messages.length > 1000, `${messages.length} messages`);

	const next = random(20261120);
	const below = (n: number) => Math.floor(next() * n);
	const withHan = messages.filter(({ text }) => text.match(han));
	let done = 0;
	for (let tries = 0; done < samples; tries++) {
		assert.ok(tries < samples * 10, `only ${done} phrases`);
		const isPair = done < pairs;
		const from = isPair ? withHan : messages;
		const message = from[below(from.length)] as Message;
		const phrase = (isPair ? pairOf : phraseOf)(message.text, below);
		if (phrase === undefined) {
			continue;
		}
		const query = `"${phrase}" in:all role:user role:agent`;
		const found = await index.search(query, { limit: 1000 });
		if (found.more) {
			// Too common to be told from others.
			continue;
		}
		done++;
		// A message that a fork has inherited is found in the session that it was said in.
		const isIn = ({ session, item }: SearchHit) =>
			transcripts.get(session)?.rows.some(({ id }) => id === item) === true;
		for (const same of messages.filter(({ text }) => text === message.text)) {
			assert.ok(
				found.hits.some((hit) => hit.item === same.item && isIn(hit)),
				`${phrase} in ${same.session} ${same.item}`,
			);
		}
		for (const hit of found.hits.filter(isIn)) {
			const text = texts.get(hit.item ?? "");
			if (text === undefined) {
				// A plan.
				continue;
			}
			const holds = isPair ? text.includes(phrase) : ` ${plain(text)} `.includes(` ${phrase} `);
			assert.ok(holds, `${phrase} is not in ${hit.session} ${hit.item}`);
		}
	}
});
