import { diffWordsWithSpace } from "diff";

/** A piece of a changed line; `changed` marks the words that differ from the line it replaces. */
export interface DiffPiece {
	readonly text: string;
	readonly changed: boolean;
}

export type DiffLine =
	| { readonly kind: "skip"; readonly text: string }
	| {
			readonly kind: "context" | "added" | "removed";
			/** Line numbers from 1; 0 where the line does not exist or the diff does not say. */
			readonly before: number;
			readonly after: number;
			readonly pieces: readonly DiffPiece[];
	  };

/** Longer lines than this are not compared word by word. */
const wordDiffMost = 500;

type ChangedLine = Exclude<DiffLine, { kind: "skip" }>;

const piece = (text: string): readonly DiffPiece[] => [{ text, changed: false }];

/** Marks the words that differ in lines that replace each other one by one. */
function markWords(removed: ChangedLine[], added: ChangedLine[]): void {
	if (removed.length !== added.length) {
		return;
	}
	for (const [i, left] of removed.entries()) {
		const right = added[i] as ChangedLine;
		const old = left.pieces[0]?.text ?? "";
		const now = right.pieces[0]?.text ?? "";
		if (old.length > wordDiffMost || now.length > wordDiffMost) {
			continue;
		}
		const parts = diffWordsWithSpace(old, now);
		const same = parts.reduce(
			(sum, one) => sum + (one.added || one.removed ? 0 : one.value.length),
			0,
		);
		// Lines with little in common are no edit of each other; marking every word would only be noise.
		if (same * 2 < Math.max(old.trim().length, now.trim().length)) {
			continue;
		}
		removed[i] = {
			...left,
			pieces: parts
				.filter((one) => !one.added)
				.map((one) => ({ text: one.value, changed: one.removed === true })),
		};
		added[i] = {
			...right,
			pieces: parts
				.filter((one) => !one.removed)
				.map((one) => ({ text: one.value, changed: one.added === true })),
		};
	}
}

/** Lines of a unified diff, tolerant of what agents write: missing file heads, bare `@@`, no line counts. */
export function diffLines(diff: string): DiffLine[] {
	const lines: DiffLine[] = [];
	let removed: ChangedLine[] = [];
	let added: ChangedLine[] = [];
	let before = 0;
	let after = 0;
	let inHunk = false;
	let first = true;
	const flush = () => {
		markWords(removed, added);
		lines.push(...removed, ...added);
		removed = [];
		added = [];
	};
	const source = diff.endsWith("\n") ? diff.slice(0, -1) : diff;
	for (const line of source.split("\n")) {
		const hunk = /^@@(?: -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@)?(.*)$/.exec(line);
		if (hunk) {
			flush();
			before = Number(hunk[1] ?? 0);
			after = Number(hunk[2] ?? 0);
			const heading = (hunk[3] ?? "").replace(/@@\s*$/, "").trim();
			if (!first || heading !== "") {
				lines.push({ kind: "skip", text: heading });
			}
			inHunk = true;
			first = false;
			continue;
		}
		if (
			!inHunk &&
			/^(diff |index |--- |\+\+\+ |new file|deleted file|similarity |rename )/.test(line)
		) {
			continue;
		}
		if (line.startsWith("\\")) {
			continue;
		}
		inHunk = true;
		first = false;
		if (line.startsWith("+")) {
			added.push({ kind: "added", before: 0, after, pieces: piece(line.slice(1)) });
			after += after > 0 ? 1 : 0;
		} else if (line.startsWith("-")) {
			if (added.length > 0) {
				flush();
			}
			removed.push({ kind: "removed", before, after: 0, pieces: piece(line.slice(1)) });
			before += before > 0 ? 1 : 0;
		} else {
			flush();
			lines.push({ kind: "context", before, after, pieces: piece(line.slice(1)) });
			before += before > 0 ? 1 : 0;
			after += after > 0 ? 1 : 0;
		}
	}
	flush();
	return lines;
}

/** Lines of a whole file that was added or deleted. */
export function wholeFileLines(content: string, kind: "added" | "removed"): DiffLine[] {
	if (content === "") {
		return [];
	}
	const source = content.endsWith("\n") ? content.slice(0, -1) : content;
	return source.split("\n").map((text, i) => ({
		kind,
		before: kind === "removed" ? i + 1 : 0,
		after: kind === "added" ? i + 1 : 0,
		pieces: piece(text),
	}));
}

/** Lines added and removed. */
export function countDiff(lines: readonly DiffLine[]): { added: number; removed: number } {
	let added = 0;
	let removed = 0;
	for (const line of lines) {
		added += line.kind === "added" ? 1 : 0;
		removed += line.kind === "removed" ? 1 : 0;
	}
	return { added, removed };
}
