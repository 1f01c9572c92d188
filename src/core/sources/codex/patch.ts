import * as path from "node:path";
import type { FileEdit } from "../../model/item.ts";
import { Changes } from "./schema.ts";

/** The text of an `apply_patch` call inside a command line (`apply_patch <<'EOF' ...`); undefined when it is none. */
export function patchInCommand(command: string): string | undefined {
	const at = command.indexOf("*** Begin Patch");
	if (
		at === -1 ||
		!/^\s*(?:cd\s+[^\n;&|]+\s*(?:&&|;)\s*)?(?:apply_patch|applypatch)\b/.test(command)
	) {
		return undefined;
	}
	const end = command.indexOf("*** End Patch", at);
	return end === -1 ? command.slice(at) : command.slice(at, end + "*** End Patch".length);
}

const section = /^\*\*\* (Add|Update|Delete) File: (.*)$/;

/** The paths that a patch names, in its own order, without reading its hunks. */
export function patchPaths(patch: string): string[] {
	return [...patch.matchAll(/^\*\*\* (?:Add|Update|Delete) File: (.*)$/gm)].map((match) =>
		(match[1] ?? "").trim(),
	);
}

/** The file edits of an `apply_patch` text. Hunk heads of that format carry no line numbers, and none are made up. */
export function editsOfPatch(patch: string): FileEdit[] {
	const edits: { path: string; kind: FileEdit["kind"]; movedTo?: string; lines: string[] }[] = [];
	for (const line of patch.split("\n")) {
		const head = section.exec(line);
		const current = edits.at(-1);
		if (head) {
			const kind = head[1] === "Add" ? "add" : head[1] === "Delete" ? "delete" : "update";
			edits.push({ path: (head[2] ?? "").trim(), kind, lines: [] });
		} else if (current && line.startsWith("*** Move to: ")) {
			current.movedTo = line.slice("*** Move to: ".length).trim();
		} else if (current && !line.startsWith("*** ")) {
			current.lines.push(line);
		}
	}
	return edits.map(({ lines, ...edit }) => {
		if (edit.kind === "add") {
			const content = lines.map((line) => `${line.replace(/^\+/, "")}\n`).join("");
			return { ...edit, content, added: lines.length, removed: 0 };
		}
		if (edit.kind === "delete") {
			return { ...edit };
		}
		const diff = `${lines.map(hunkHead).join("\n")}\n`;
		return { ...edit, diff, ...countLines(diff) };
	});
}

/** `@@ function x()` is a hunk's head without line numbers; in a unified diff the words stand behind the second `@@`. */
function hunkHead(line: string): string {
	return line.startsWith("@@") && !/^@@ .*@@/.test(line) ? `@@ @@${line.slice(2)}` : line;
}

/** The file edits of the `changes` that Codex recorded after it applied a patch. */
export function editsOfChanges(value: unknown): FileEdit[] {
	const changes = Changes.safeParse(value);
	if (!changes.success) {
		return [];
	}
	return Object.entries(changes.data).map(([file, change]): FileEdit => {
		const movedTo = change.move_path ? { movedTo: change.move_path } : {};
		if (change.unified_diff !== undefined) {
			const kind = change.type === "add" || change.type === "delete" ? change.type : "update";
			return {
				path: file,
				kind,
				...movedTo,
				diff: change.unified_diff,
				...countLines(change.unified_diff),
			};
		}
		const kind = change.type === "delete" || change.type === "update" ? change.type : "add";
		if (change.content === undefined) {
			return { path: file, kind, ...movedTo };
		}
		const lines = lineCount(change.content);
		return {
			path: file,
			kind,
			...movedTo,
			content: change.content,
			added: kind === "delete" ? 0 : lines,
			removed: kind === "delete" ? lines : 0,
		};
	});
}

/** Added and removed lines of a unified diff, with or without file heads. */
export function countLines(diff: string): { added: number; removed: number } {
	let added = 0;
	let removed = 0;
	// File heads (`---`, `+++`) stand before the first hunk only; inside a hunk such a line is a change.
	let inHunk = !/^@@/m.test(diff);
	for (const line of diff.split("\n")) {
		if (line.startsWith("@@")) {
			inHunk = true;
		} else if (inHunk && line.startsWith("+")) {
			added++;
		} else if (inHunk && line.startsWith("-")) {
			removed++;
		}
	}
	return { added, removed };
}

function lineCount(text: string): number {
	if (text === "") {
		return 0;
	}
	const breaks = text.split("\n").length - 1;
	return text.endsWith("\n") ? breaks : breaks + 1;
}

/** `file` relative to `cwd` where it is inside, with forward slashes; unchanged where it is not. */
export function relativeTo(cwd: string | undefined, file: string): string {
	if (!cwd) {
		return file;
	}
	const rules = /^[A-Za-z]:[\\/]/.test(cwd) ? path.win32 : path.posix;
	if (!rules.isAbsolute(file)) {
		return file.replace(/^\.\//, "");
	}
	const relative = rules.relative(cwd, file);
	return relative === "" || relative.startsWith("..") || rules.isAbsolute(relative)
		? file
		: relative.replaceAll("\\", "/");
}
