import * as path from "node:path";
import type { ToolCall, ToolCallContent, ToolCallUpdate } from "@agentclientprotocol/sdk";
import { structuredPatch } from "diff";
import * as z from "zod/mini";
import type { FileEdit, ItemContent, ItemStatus } from "../../../core/model/item.ts";

/** A difference that takes longer to find is given as the new content. ms. */
const diffPatience = 200;

const CommandInput = z.looseObject({ command: z.union([z.string(), z.array(z.string())]) });
const ShellOutput = z.looseObject({
	metadata: z.optional(z.looseObject({ exit: z.optional(z.nullable(z.number())) })),
	exitCode: z.optional(z.nullable(z.number())),
	exit_code: z.optional(z.nullable(z.number())),
});

/** What is known of a tool call: each update replaces the fields it has. */
export class ToolState {
	readonly id: string;
	/** Text of the output that was told already. */
	told = "";
	private fields: Omit<ToolCallUpdate, "toolCallId"> = {};
	/** By path; a later message may no longer have it. */
	private readonly diffs = new Map<string, { oldText: string | null; newText: string }>();
	private readonly since = Date.now();

	constructor(id: string) {
		this.id = id;
	}

	take(update: ToolCall | ToolCallUpdate): void {
		for (const [name, value] of Object.entries(update)) {
			if (value !== null && value !== undefined && name !== "toolCallId") {
				this.fields = { ...this.fields, [name]: value };
			}
		}
		for (const part of update.content ?? []) {
			if (part.type === "diff") {
				this.diffs.set(part.path, { oldText: part.oldText ?? null, newText: part.newText });
			}
		}
	}

	/** Enough is known to show it: of a change of files its lines, which come with the question whether to make it. */
	get isShowable(): boolean {
		const { kind, status } = this.fields;
		const isEdit = kind === "edit" || kind === "delete";
		return isEdit ? this.diffs.size > 0 : status !== "pending" || this.command !== undefined;
	}

	get isOver(): boolean {
		return this.fields.status === "completed" || this.fields.status === "failed";
	}

	get kind(): ToolCallUpdate["kind"] {
		return this.fields.kind;
	}

	/** What it does, in a line: the command, or the agent's own title. */
	get title(): string {
		return this.command ?? this.fields.title ?? this.fields.name ?? "a tool";
	}

	/** Text that the tool has put out. */
	get output(): string {
		return textOf(this.fields.content ?? []);
	}

	contentOf(cwd: string, status: ItemStatus | undefined): ItemContent {
		const own = this.isOver ? this.fields.status : undefined;
		const known = status ?? (own === "failed" ? ("failed" as const) : undefined);
		const common = {
			...(known === undefined ? {} : { status: known }),
			sourceId: this.id,
		};
		const durationMs = this.isOver ? { durationMs: Date.now() - this.since } : {};
		if (this.fields.kind === "execute" && this.command !== undefined) {
			return {
				type: "commandExecution",
				command: this.command,
				...(this.output === "" ? {} : { output: this.output }),
				...exitOf(this.fields.rawOutput),
				...durationMs,
				...common,
			};
		}
		const changes = this.changes(cwd);
		if (changes.length > 0) {
			return { type: "fileChange", changes, ...common };
		}
		return {
			type: "toolCall",
			tool: this.fields.name ?? this.fields.title ?? this.fields.kind ?? "tool",
			...(this.fields.rawInput === undefined ? {} : { input: this.fields.rawInput }),
			...(this.output === "" ? {} : { output: this.output }),
			...durationMs,
			...common,
		};
	}

	private get command(): string | undefined {
		const input = CommandInput.safeParse(this.fields.rawInput);
		if (!input.success) {
			return undefined;
		}
		const { command } = input.data;
		return typeof command === "string" ? command : command.join(" ");
	}

	private changes(cwd: string): FileEdit[] {
		const { kind, locations } = this.fields;
		if (this.diffs.size > 0) {
			return [...this.diffs].map(([file, { oldText, newText }]) =>
				editOf(inside(file, cwd), oldText, newText),
			);
		}
		const isEdit = kind === "edit" || kind === "delete";
		return isEdit
			? (locations ?? []).map((each) => ({
					path: inside(each.path, cwd),
					kind: kind === "delete" ? "delete" : "update",
				}))
			: [];
	}
}

function textOf(content: readonly ToolCallContent[]): string {
	return content
		.flatMap((part) =>
			part.type === "content" && part.content.type === "text" ? [part.content.text] : [],
		)
		.join("\n");
}

function exitOf(rawOutput: unknown): { exitCode?: number } {
	const output = ShellOutput.safeParse(rawOutput);
	const exit = output.success
		? (output.data.metadata?.exit ?? output.data.exitCode ?? output.data.exit_code)
		: undefined;
	return typeof exit === "number" ? { exitCode: exit } : {};
}

function inside(file: string, cwd: string): string {
	const relative = path.relative(cwd, path.resolve(cwd, file));
	const isInside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
	return isInside ? relative.split(path.sep).join("/") : file;
}

function editOf(file: string, oldText: string | null, newText: string): FileEdit {
	if (oldText === null || oldText === "") {
		const added = newText.split("\n").length - (newText.endsWith("\n") ? 1 : 0);
		return { path: file, kind: "add", content: newText, added, removed: 0 };
	}
	const patch = structuredPatch(file, file, oldText, newText, "", "", { timeout: diffPatience });
	if (!patch) {
		return { path: file, kind: "update", content: newText };
	}
	const lines = patch.hunks.flatMap((hunk) => [
		`@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
		...hunk.lines,
	]);
	return {
		path: file,
		kind: "update",
		diff: `${lines.join("\n")}\n`,
		added: lines.filter((line) => line.startsWith("+")).length,
		removed: lines.filter((line) => line.startsWith("-")).length,
	};
}
