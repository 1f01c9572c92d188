import type { ContentOf, FileEdit, ImageRef, Item, ItemContent } from "../model/item.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { SessionNote, Transcript } from "../transcript/transcript.ts";
import { inlineContent } from "./content.ts";
import { printable, printableLine } from "./printable.ts";

/** Items whose contents are in memory at once. */
const pageSize = 100;
/** Characters of a prompt that its heading shows; the whole of it follows as a quote. */
const headingLimit = 80;

/**
 * A session as Markdown (CommonMark), in pieces to be written one after another: metadata, then turn by turn the prompt
 * as a heading and a quote, answers as they are, commands and changes in fences. Reads page by page, so a session of any
 * size needs little memory. Nothing is redacted.
 */
export async function* sessionMarkdown(transcript: Transcript): AsyncGenerator<string> {
	const { rows, summary } = transcript;
	yield frontMatter(transcript);
	const notes = notesByItem(transcript.notes);
	let prompts = 0;
	for (let from = 0; from < rows.length; from += pageSize) {
		const to = Math.min(rows.length, from + pageSize);
		const items = new Map((await transcript.items(from, to)).map((item) => [item.id, item]));
		for (const row of rows.slice(from, to)) {
			if (row.kind === "gap") {
				yield `*${plain(row.reason)}*\n\n`;
				continue;
			}
			const item = items.get(row.id);
			if (!item) {
				continue;
			}
			const content = await inlineContent(item.content, (hash) => transcript.blob(hash));
			if (content.type === "userMessage") {
				yield promptHeading(++prompts, content, item);
			}
			yield itemMarkdown(content);
			if (item.status !== "completed") {
				yield `*This item is ${item.status}.*\n\n`;
			}
			for (const note of notes.get(item.id) ?? []) {
				yield noteMarkdown(note);
			}
		}
	}
	yield endMatter(transcript, summary);
}

function frontMatter({ summary, notes }: Transcript): string {
	const lines = [`# ${plain(summary.title) || "Untitled session"}`, ""];
	const fact = (name: string, value: string | null | undefined) => {
		if (value) {
			lines.push(`- ${name}: ${plain(value)}`);
		}
	};
	fact("Session", summary.id);
	fact("Agent", [summary.agent, summary.model].filter((part) => part !== null).join(", "));
	fact("Created", shortTime(summary.createdAt));
	fact("Last activity", shortTime(summary.updatedAt));
	fact("Folder", summary.cwd);
	fact("Branch", summary.branch);
	fact("Tags", summary.tags.join(", "));
	fact("Turns", `${summary.turns}, items: ${summary.items}`);
	fact("Tokens", summary.tokens && `${summary.tokens.total}`);
	fact(
		"Continues",
		summary.parent &&
			`session ${summary.parent.session}, ${summary.parent.at === null ? "from its beginning" : `up to and including item ${summary.parent.at}`}`,
	);
	fact("Adopted from", summary.origin && `${summary.origin.source}:${summary.origin.id}`);
	lines.push("");
	if (summary.diagnostics > 0) {
		const places = summary.diagnostics === 1 ? "place" : "places";
		lines.push(
			`> Damaged in ${summary.diagnostics} ${places}: ${plain(summary.warning ?? "")}`,
			"",
		);
	}
	const own = notes.filter((note) => note.item === null).map(noteMarkdown);
	return `${lines.join("\n")}\n${own.join("")}`;
}

function endMatter({ branches }: Transcript, summary: SessionSummary): string {
	const none = summary.items === 0 ? "*This session has no items.*\n" : "";
	return branches.length === 0
		? none
		: `${none}---\n\n*${branches.length === 1 ? "Another branch" : `${branches.length} other branches`} of this session ${branches.length === 1 ? "is" : "are"} not shown here.*\n`;
}

function promptHeading(number: number, content: ContentOf<"userMessage">, item: Item): string {
	const first = textOf(content.text).trim().split("\n", 1)[0]?.trim() ?? "";
	const short = first.length > headingLimit ? `${first.slice(0, headingLimit - 1)}\u2026` : first;
	const time = item.ts === "" ? "" : `*${shortTime(item.ts)}*\n\n`;
	return `## ${number}. ${plain(short) || "Prompt"}\n\n${time}`;
}

function itemMarkdown(content: ItemContent): string {
	switch (content.type) {
		case "userMessage":
			return quote(textOf(content.text)) + images(content.images);
		case "agentMessage":
			return prose(textOf(content.text));
		case "reasoning":
			return quote(`*Reasoning*\n\n${textOf(content.text)}`);
		case "plan":
			return planMarkdown(content);
		case "commandExecution":
			return commandMarkdown(content);
		case "fileChange":
			return changesMarkdown(content);
		case "toolCall":
			return toolMarkdown(content);
		case "webSearch":
			return `**Searched the web** for ${code(textOf(content.query))}\n\n${valueFence(content.output)}`;
		case "image":
			return images([content.image]);
		case "compaction":
			return `---\n\n*The agent shortened its context here.*\n\n${content.text === undefined ? "" : quote(textOf(content.text))}`;
		case "error":
			return `**Error**\n\n${fence(textOf(content.text))}`;
		case "note":
			return quote(`**Note:** ${textOf(content.text)}`);
		case "raw":
			return `**${plain(content.label ?? "Raw item")}**\n\n${valueFence(content.value)}`;
	}
}

function planMarkdown(content: ContentOf<"plan">): string {
	const steps = Array.isArray(content.steps)
		? content.steps.map(
				({ step, status }) => `- [${status === "completed" ? "x" : " "}] ${plain(step)}\n`,
			)
		: [];
	return `**Plan**\n\n${content.text === undefined ? "" : prose(textOf(content.text))}${steps.length > 0 ? `${steps.join("")}\n` : ""}`;
}

function commandMarkdown(content: ContentOf<"commandExecution">): string {
	const facts = [
		content.exitCode === undefined || content.exitCode === null
			? undefined
			: `exit code ${content.exitCode}`,
		duration(content.durationMs),
		content.cwd === undefined || content.cwd === "." ? undefined : `in ${code(content.cwd)}`,
	].filter((fact) => fact !== undefined);
	const output = content.output === undefined ? "" : textOf(content.output);
	return `**Command**${facts.length > 0 ? `, ${facts.join(", ")}` : ""}\n\n${fence(textOf(content.command), "sh")}${output === "" ? "" : fence(output)}`;
}

function changesMarkdown(content: ContentOf<"fileChange">): string {
	const changes = Array.isArray(content.changes)
		? content.changes.map(editMarkdown).join("")
		: valueFence(content.changes);
	return `${changes}${content.output === undefined ? "" : fence(textOf(content.output))}`;
}

const editVerbs = { add: "Added", update: "Changed", delete: "Deleted" } as const;

function editMarkdown(edit: FileEdit): string {
	const counts =
		edit.added === undefined && edit.removed === undefined
			? ""
			: ` (+${edit.added ?? 0} \u2212${edit.removed ?? 0})`;
	const moved = edit.movedTo === undefined ? "" : `, moved to ${code(edit.movedTo)}`;
	const head = `**${editVerbs[edit.kind]}** ${code(edit.path)}${moved}${counts}\n\n`;
	if (edit.diff !== undefined) {
		return head + fence(textOf(edit.diff), "diff");
	}
	return edit.content === undefined ? head : head + fence(textOf(edit.content));
}

function toolMarkdown(content: ContentOf<"toolCall">): string {
	const name = content.server === undefined ? content.tool : `${content.server}/${content.tool}`;
	const took = duration(content.durationMs);
	return `**Tool** ${code(name)}${took === undefined ? "" : `, ${took}`}\n\n${valueFence(content.input)}${valueFence(content.output)}${images(content.images)}`;
}

function noteMarkdown(note: SessionNote): string {
	return quote(`**Note:** ${note.text}`);
}

function notesByItem(notes: readonly SessionNote[]): Map<string, SessionNote[]> {
	const byItem = new Map<string, SessionNote[]>();
	for (const note of notes) {
		if (note.item !== null) {
			byItem.set(note.item, [...(byItem.get(note.item) ?? []), note]);
		}
	}
	return byItem;
}

function images(refs: readonly ImageRef[] | undefined): string {
	return (refs ?? [])
		.map((ref) => {
			const place = ref.path ?? (ref.url?.startsWith("data:") ? undefined : ref.url);
			const facts = [ref.mime, ref.bytes && `${ref.bytes} bytes`, ref.blob].filter(Boolean);
			const named = place === undefined ? "" : ` ${code(place)}`;
			return `*Image${ref.alt ? `: ${plain(ref.alt)}` : ""}*${named}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}\n\n`;
		})
		.join("");
}

function prose(text: string): string {
	const clean = printable(text).trimEnd();
	return clean === "" ? "" : `${clean}\n\n`;
}

function quote(text: string): string {
	const clean = printable(text).trimEnd();
	const lines = clean.split("\n").map((line) => (line === "" ? ">" : `> ${line}`));
	return `${lines.join("\n")}\n\n`;
}

/** A value of a tool: texts as they are, everything else as JSON. */
function valueFence(value: unknown): string {
	if (value === undefined || value === null || value === "") {
		return "";
	}
	return typeof value === "string" ? fence(value) : fence(JSON.stringify(value, null, 2), "json");
}

/** A fence longer than any run of backticks in the text, so that no content can end it. */
function fence(text: string, language = "text"): string {
	const clean = printable(text);
	const longest = longestRun(clean, 2);
	const marks = "`".repeat(longest + 1);
	return `${marks}${language}\n${clean}${clean.endsWith("\n") || clean === "" ? "" : "\n"}${marks}\n\n`;
}

/** An inline code span, by the same rule. */
function code(text: string): string {
	const clean = printable(text).replaceAll("\n", " ");
	if (clean.trim() === "") {
		return "` `";
	}
	const marks = "`".repeat(longestRun(clean, 0) + 1);
	const space = clean.startsWith("`") || clean.endsWith("`") ? " " : "";
	return `${marks}${space}${clean}${space}${marks}`;
}

/** Length of the longest run of backticks, `least` at the least. */
function longestRun(text: string, least: number): number {
	let longest = least;
	let at = text.indexOf("`");
	while (at !== -1) {
		let end = at + 1;
		while (text[end] === "`") {
			end++;
		}
		longest = Math.max(longest, end - at);
		at = text.indexOf("`", end);
	}
	return longest;
}

/** One line of text in which no character means Markdown. */
function plain(text: string): string {
	return printableLine(text).replace(/[\\`*_[\]<>#|]/g, "\\$&");
}

function textOf(text: unknown): string {
	return typeof text === "string" ? text : text === undefined ? "" : JSON.stringify(text);
}

function duration(ms: number | undefined): string | undefined {
	if (ms === undefined) {
		return undefined;
	}
	return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `2026-11-20 13:30:00 UTC`. */
function shortTime(iso: string): string {
	const time = Date.parse(iso);
	return Number.isNaN(time)
		? ""
		: `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
