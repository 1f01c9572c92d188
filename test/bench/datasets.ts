import * as fs from "node:fs";
import * as path from "node:path";
import { encodeRecord } from "../../src/core/journal/framing.ts";
import type { ItemContent } from "../../src/core/model/item.ts";
import type { JournalRecord, RecordDraft } from "../../src/core/model/record.ts";

/**
 * Data sets from a fixed seed: the same seed gives the same bytes on every machine. Words are made up and follow Zipf's
 * law, as those of any language do: the commonest stands in most items, most words in a few.
 */

/** Numbers in [0, 1) from a seed (mulberry32). */
export function random(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

const consonants = [
	"b",
	"c",
	"d",
	"f",
	"g",
	"l",
	"m",
	"n",
	"p",
	"r",
	"s",
	"t",
	"v",
	"st",
	"tr",
	"ch",
];
const vowels = ["a", "e", "i", "o", "u", "ea", "io"];
const vocabularySize = 40_000;

/** The words of the data sets, the commonest first. */
export function vocabulary(): string[] {
	const next = random(1);
	const words = new Set<string>();
	while (words.size < vocabularySize) {
		const syllables = words.size < 50 ? 1 : 1 + Math.floor(next() * 3.5);
		let word = "";
		for (let count = 0; count < syllables; count++) {
			word +=
				(consonants[Math.floor(next() * consonants.length)] ?? "") +
				(vowels[Math.floor(next() * vowels.length)] ?? "");
		}
		words.add(words.size < 50 ? word : `${word}${consonants[Math.floor(next() * 13)]}`);
	}
	return [...words];
}

const cjk = ["検索", "会話", "記録", "再生", "索引", "設定", "確認", "修正", "测试", "构建"];
const accented = ["café", "naïve", "Zürich", "résumé", "señor", "Ångström"];

/** Texts of a data set, one after another. */
export class TextMaker {
	readonly words: readonly string[];
	private readonly next: () => number;

	constructor(seed: number, words: readonly string[] = vocabulary()) {
		this.next = random(seed);
		this.words = words;
	}

	number(below: number): number {
		return Math.floor(this.next() * below);
	}

	word(): string {
		const rank = Math.floor(this.words.length ** this.next()) - 1;
		return this.words[rank] ?? "";
	}

	/** About `count` words as a sentence or several; now and then one of another script. */
	text(count: number): string {
		const parts: string[] = [];
		let start = true;
		for (let at = 0; at < count; at++) {
			const word = this.word();
			parts.push(start ? word.charAt(0).toUpperCase() + word.slice(1) : word);
			start = this.next() < 0.09;
			if (start) {
				parts[parts.length - 1] += ".";
			}
		}
		if (this.next() < 0.02) {
			parts.push(cjk[this.number(cjk.length)] ?? "", accented[this.number(accented.length)] ?? "");
		}
		return parts.join(" ");
	}

	hex(digits: number): string {
		return Array.from({ length: digits }, () => this.number(16).toString(16)).join("");
	}

	ulid(time: number): string {
		const signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
		let stamp = "";
		for (let rest = time, at = 0; at < 10; at++, rest = Math.floor(rest / 32)) {
			stamp = (signs[rest % 32] ?? "0") + stamp;
		}
		return stamp + Array.from({ length: 16 }, () => signs[this.number(32)]).join("");
	}
}

const start = Date.UTC(2026, 0, 5, 8);

/**
 * Writes Codex rollouts of about 20 KB into `<home>/sessions/YYYY/MM/DD`, as Codex 0.9x does: messages twice (as response
 * and as event), commands with their output, reasoning, a patch now and then, token counts.
 * @returns bytes written, and a phrase of each session's prompt with the session's id: what a search must find.
 */
export function writeRollouts(
	home: string,
	count: number,
	seed = 11,
): { bytes: number; phrases: { session: string; phrase: string }[] } {
	const words = vocabulary();
	const phrases: { session: string; phrase: string }[] = [];
	let bytes = 0;
	for (let index = 0; index < count; index++) {
		const maker = new TextMaker(seed * 100_003 + index, words);
		const began = start + index * 61_000;
		const thread = `019a${maker.hex(4)}-${maker.hex(4)}-7${maker.hex(3)}-a${maker.hex(3)}-${maker.hex(12)}`;
		const { lines, phrase } = rollout(maker, thread, began);
		const stamp = new Date(began).toISOString().slice(0, 19);
		const folder = path.join(home, "sessions", ...stamp.slice(0, 10).split("-"));
		fs.mkdirSync(folder, { recursive: true });
		const text = `${lines.join("\n")}\n`;
		const file = path.join(folder, `rollout-${stamp.replaceAll(":", "-")}-${thread}.jsonl`);
		fs.writeFileSync(file, text);
		fs.utimesSync(file, (began + 600_000) / 1000, (began + 600_000) / 1000);
		bytes += Buffer.byteLength(text);
		phrases.push({ session: `codex:${thread}`, phrase });
	}
	return { bytes, phrases };
}

function rollout(
	maker: TextMaker,
	thread: string,
	began: number,
): { lines: string[]; phrase: string } {
	const lines: string[] = [];
	let time = began;
	const add = (type: string, payload: object) => {
		time += 200 + maker.number(4000);
		lines.push(JSON.stringify({ timestamp: new Date(time).toISOString(), type, payload }));
	};
	const both = (role: "user" | "assistant", text: string) => {
		const part = role === "user" ? "input_text" : "output_text";
		add("response_item", { type: "message", role, content: [{ type: part, text }] });
		add("event_msg", { type: role === "user" ? "user_message" : "agent_message", message: text });
	};
	const cwd = `/home/dev/project-${maker.number(40)}`;
	add("session_meta", {
		id: thread,
		timestamp: new Date(began).toISOString(),
		cwd,
		originator: "codex_cli_rs",
		cli_version: "0.98.0",
		source: "vscode",
		git: { branch: "main", commit_hash: maker.hex(40) },
	});
	let phrase = "";
	let size = 0;
	while (size < 20_000) {
		const from = lines.length;
		add("turn_context", { cwd, model: "gpt-5-codex", approval_policy: "on-request" });
		const prompt = maker.text(20 + maker.number(40));
		phrase ||= prompt.split(" ").slice(2, 6).join(" ");
		both("user", prompt);
		for (let step = 0; step < 3 + maker.number(4); step++) {
			add("response_item", {
				type: "reasoning",
				summary: [{ type: "summary_text", text: maker.text(12) }],
				encrypted_content: maker.hex(400),
			});
			const call = `call_${maker.hex(20)}`;
			if (maker.number(5) === 0) {
				const file = `src/${maker.word()}.ts`;
				add("response_item", {
					type: "custom_tool_call",
					call_id: call,
					name: "apply_patch",
					input: `*** Begin Patch\n*** Update File: ${file}\n@@\n-${maker.text(6)}\n+${maker.text(8)}\n*** End Patch`,
				});
				add("response_item", {
					type: "custom_tool_call_output",
					call_id: call,
					output: `Success. Updated the following files:\nM ${file}\n`,
				});
			} else {
				const command = JSON.stringify({
					command: ["bash", "-lc", `rg ${maker.word()} src`],
					workdir: cwd,
				});
				add("response_item", {
					type: "function_call",
					name: "shell",
					arguments: command,
					call_id: call,
				});
				const output = `Exit code: 0\nWall time: 0.1 seconds\nOutput:\n${maker.text(80 + maker.number(120))}`;
				add("response_item", { type: "function_call_output", call_id: call, output });
			}
		}
		both("assistant", maker.text(60 + maker.number(80)));
		const used = 2000 + maker.number(9000);
		add("event_msg", {
			type: "token_count",
			info: {
				total_token_usage: { total_tokens: size + used },
				last_token_usage: { input_tokens: used, output_tokens: 300, total_tokens: used + 300 },
			},
		});
		size += lines.slice(from).reduce((sum, line) => sum + line.length + 1, 0);
	}
	return { lines, phrase };
}

export interface SessionSetOptions {
	readonly sessions: number;
	/** Items of one session; half of a turn's are what an agent did. */
	readonly items: number;
	/** Words of an item, on average. */
	readonly words?: number;
	readonly seed?: number;
	/** Time between the beginnings of two sessions. ms. */
	readonly apart?: number;
}

/**
 * Writes a store of ours below a workspace folder.
 * @returns the ids of its sessions, and bytes written.
 */
export function writeStore(
	folder: string,
	{ sessions, items, words = 40, seed = 21, apart = 90_000 }: SessionSetOptions,
): { ids: string[]; bytes: number; phrases: { session: string; item: string; phrase: string }[] } {
	const root = path.join(folder, ".vscode", "skein");
	fs.mkdirSync(path.join(root, "sessions"), { recursive: true, mode: 0o700 });
	const known = vocabulary();
	const ids: string[] = [];
	const phrases: { session: string; item: string; phrase: string }[] = [];
	let bytes = 0;
	for (let index = 0; index < sessions; index++) {
		const maker = new TextMaker(seed * 1_000_003 + index, known);
		const journal = session(maker, start + index * apart, items, words);
		const file = path.join(root, "sessions", `${journal.id}.jsonl`);
		const handle = fs.openSync(file, "w", 0o600);
		for (let at = 0; at < journal.lines.length; at += 1000) {
			bytes += fs.writeSync(handle, journal.lines.slice(at, at + 1000).join(""));
		}
		fs.closeSync(handle);
		fs.utimesSync(file, journal.ended / 1000, journal.ended / 1000);
		ids.push(journal.id);
		phrases.push(...journal.phrases);
	}
	const storeId = new TextMaker(seed, known).ulid(start);
	const store = {
		format: "skein-store",
		version: 1,
		storeId,
		createdAt: new Date(start).toISOString(),
	};
	fs.writeFileSync(path.join(root, "store.json"), JSON.stringify(store));
	return { ids, bytes, phrases };
}

function session(
	maker: TextMaker,
	began: number,
	items: number,
	words: number,
): {
	id: string;
	lines: string[];
	ended: number;
	phrases: { session: string; item: string; phrase: string }[];
} {
	let time = began;
	const id = maker.ulid(time);
	const lines: string[] = [];
	const phrases: { session: string; item: string; phrase: string }[] = [];
	const add = (draft: RecordDraft, own?: string): string => {
		const record = own ?? maker.ulid(time);
		const ts = new Date(time).toISOString();
		lines.push(encodeRecord({ ...draft, v: 1, id: record, ts } as JournalRecord));
		time += 1 + maker.number(3000);
		return record;
	};
	const header = {
		id,
		title: maker.text(4),
		agent: "codex",
		model: "gpt-5-codex",
		cwd: ".",
		origin: null,
	};
	add({ type: "session.created", format: "skein-journal", session: header }, id);
	let after: string | null = null;
	for (let made = 0; made < items; ) {
		const turn = add({ type: "turn.started", after, model: "gpt-5-codex" });
		const length = Math.min(items - made, 2 + maker.number(14));
		for (let at = 0; at < length; at++, made++) {
			const content = item(maker, at === 0, at === length - 1, words);
			after = add({ type: "item.completed", turn, item: content });
			if (at === 0 && "text" in content && typeof content.text === "string") {
				const from = maker.number(5);
				const phrase = content.text
					.split(" ")
					.slice(from, from + 4)
					.join(" ");
				phrases.push({ session: id, item: after, phrase });
			}
		}
		const input = 1000 + maker.number(9000);
		const usage = { input, output: 200, total: input + 200 };
		add({ type: "turn.completed", turn, status: "completed", usage });
	}
	return { id, lines, ended: time, phrases };
}

function item(maker: TextMaker, first: boolean, last: boolean, words: number): ItemContent {
	const length = 1 + maker.number(words * 2);
	if (first) {
		return { type: "userMessage", text: maker.text(Math.max(length, 10)) };
	}
	if (last) {
		return { type: "agentMessage", text: maker.text(length), phase: "final" };
	}
	switch (maker.number(4)) {
		case 0:
			return { type: "reasoning", text: maker.text(length) };
		case 1: {
			const changes = [
				{
					path: `src/${maker.word()}.ts`,
					kind: "update" as const,
					diff: `@@ @@\n+${maker.text(length)}`,
				},
			];
			return { type: "fileChange", changes };
		}
		default:
			return {
				type: "commandExecution",
				command: `rg ${maker.word()}`,
				output: maker.text(length),
				exitCode: 0,
			};
	}
}
