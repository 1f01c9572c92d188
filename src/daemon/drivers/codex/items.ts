import * as path from "node:path";
import type { FileEdit, ItemContent, ItemStatus } from "../../../core/model/item.ts";
import type { TokenUsage } from "../../../core/model/record.ts";
import type { Breakdown, FileUpdateChange } from "./schema.ts";
import { ThreadItem } from "./schema.ts";

/** What an item of Codex's is in our words; one of a type that we have no words for stays as it is. */
export function contentOf(item: { type: string; id: string }, cwd: string): ItemContent {
	const parsed = ThreadItem.safeParse(item);
	return parsed.success
		? known(parsed.data, cwd)
		: { type: "raw", label: item.type, value: item, sourceId: item.id };
}

function known(item: ThreadItem, cwd: string): ItemContent {
	const sourceId = item.id;
	switch (item.type) {
		case "userMessage": {
			const text = item.content.map((part) => part.text ?? part.path ?? "").join("\n");
			return { type: "userMessage", text, sourceId };
		}
		case "agentMessage":
			return {
				type: "agentMessage",
				text: item.text,
				...(item.phase === "commentary"
					? { phase: "commentary" as const }
					: item.phase === "final_answer"
						? { phase: "final" as const }
						: {}),
				sourceId,
			};
		case "plan":
			return { type: "plan", text: item.text, sourceId };
		case "reasoning": {
			const text = (item.summary.length > 0 ? item.summary : item.content).join("\n\n");
			return { type: "reasoning", text, sourceId };
		}
		case "commandExecution":
			return {
				type: "commandExecution",
				command: withoutShell(item.command),
				...(item.cwd === cwd ? {} : { cwd: item.cwd }),
				...(typeof item.aggregatedOutput === "string" ? { output: item.aggregatedOutput } : {}),
				...(typeof item.exitCode === "number" ? { exitCode: item.exitCode } : {}),
				...(typeof item.durationMs === "number" ? { durationMs: item.durationMs } : {}),
				...statusOf(item.status),
				sourceId,
			};
		case "fileChange":
			return {
				type: "fileChange",
				changes: item.changes.map((change) => editOf(change, cwd)),
				...statusOf(item.status),
				sourceId,
			};
		case "mcpToolCall":
			return {
				type: "toolCall",
				tool: item.tool,
				server: item.server,
				...(item.arguments === undefined ? {} : { input: item.arguments }),
				...(item.result || item.error ? { output: item.result ?? item.error } : {}),
				...(typeof item.durationMs === "number" ? { durationMs: item.durationMs } : {}),
				...statusOf(item.status),
				sourceId,
			};
		case "dynamicToolCall":
			return {
				type: "toolCall",
				tool: item.tool,
				...(item.namespace ? { server: item.namespace } : {}),
				...(item.arguments === undefined ? {} : { input: item.arguments }),
				...(item.contentItems ? { output: item.contentItems } : {}),
				...(typeof item.durationMs === "number" ? { durationMs: item.durationMs } : {}),
				...statusOf(item.status),
				sourceId,
			};
		case "webSearch":
			return { type: "webSearch", ...(item.query ? { query: item.query } : {}), sourceId };
		case "imageView":
			return { type: "image", image: { path: item.path }, sourceId };
		case "contextCompaction":
			return { type: "compaction", sourceId };
	}
}

function statusOf(status: string): { status?: ItemStatus } {
	switch (status) {
		case "inProgress":
			return { status: "running" };
		case "failed":
		case "declined":
			return { status };
		default:
			return {};
	}
}

function editOf(change: FileUpdateChange, cwd: string): FileEdit {
	const relative = path.relative(cwd, change.path);
	const inside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
	const file = inside ? relative.split(path.sep).join("/") : change.path;
	const lines = change.diff.split("\n");
	const { type, move_path: movedTo } = change.kind;
	if (type !== "update") {
		// Here `diff` is the file's whole content.
		const count = change.diff === "" ? 0 : lines.length - (change.diff.endsWith("\n") ? 1 : 0);
		return {
			path: file,
			kind: type,
			content: change.diff,
			added: type === "add" ? count : 0,
			removed: type === "add" ? 0 : count,
		};
	}
	return {
		path: file,
		kind: "update",
		...(movedTo ? { movedTo } : {}),
		diff: change.diff,
		added: lines.filter((line) => line.startsWith("+") && !line.startsWith("+++")).length,
		removed: lines.filter((line) => line.startsWith("-") && !line.startsWith("---")).length,
	};
}

const wrapped = /^(?:\S*\/)?(?:ba|z|da|fi)?sh -l?c ([\s\S]+)$/;

/** The script of `bash -lc '<script>'`, where the quoting is plain enough to be sure; else the command as it is. */
export function withoutShell(command: string): string {
	const script = wrapped.exec(command)?.[1];
	if (script === undefined) {
		return command;
	}
	if (/^'[^']*'$/.test(script) || /^"[^"\\$`]*"$/.test(script)) {
		return script.slice(1, -1);
	}
	return /^[\w./:=@%+,-]+$/.test(script) ? script : command;
}

export function usageOf(total: Breakdown, before: Breakdown | undefined): TokenUsage {
	const since = (field: keyof Breakdown) => {
		const now = total[field];
		const then = before?.[field];
		return (typeof now === "number" ? now : 0) - (typeof then === "number" ? then : 0);
	};
	return {
		input: since("inputTokens"),
		cachedInput: since("cachedInputTokens"),
		output: since("outputTokens"),
		reasoning: since("reasoningOutputTokens"),
		total: since("totalTokens"),
	};
}

/** What the thread had used before the turn: its total without the first request of the turn. */
export function usageBefore(total: Breakdown, last: Breakdown): Breakdown {
	return {
		totalTokens: total.totalTokens - last.totalTokens,
		inputTokens: total.inputTokens - last.inputTokens,
		cachedInputTokens: total.cachedInputTokens - last.cachedInputTokens,
		outputTokens: total.outputTokens - last.outputTokens,
		reasoningOutputTokens: total.reasoningOutputTokens - last.reasoningOutputTokens,
	};
}
