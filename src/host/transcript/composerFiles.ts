/**
 * The paths that fit what is typed after an `@`, best first: every letter of it in order, the nearer together and the
 * nearer to the file's name the better. Without anything typed, the shortest paths.
 */
export function rankFiles(paths: readonly string[], query: string, most: number): string[] {
	const wanted = query.toLowerCase().replaceAll("\\", "/");
	const ranked: { path: string; score: number }[] = [];
	for (const path of paths) {
		const score = scoreOf(path, wanted);
		if (score !== undefined) {
			ranked.push({ path, score });
		}
	}
	ranked.sort(
		(a, b) =>
			b.score - a.score ||
			a.path.length - b.path.length ||
			(a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
	);
	return ranked.slice(0, most).map(({ path }) => path);
}

/** Undefined when the path does not have all letters of the query in their order. */
function scoreOf(path: string, query: string): number | undefined {
	if (query === "") {
		return 0;
	}
	const lower = path.toLowerCase();
	const name = lower.lastIndexOf("/") + 1;
	const inName = lower.indexOf(query, name);
	if (inName >= 0) {
		const isWhole = inName === name && lower.length === name + query.length;
		return (inName === name ? 900 : 800) + (isWhole ? 50 : 0);
	}
	const inPath = lower.indexOf(query);
	if (inPath >= 0) {
		return atWord(lower, inPath) ? 700 : 600;
	}
	return scattered(lower, name, query);
}

function scattered(lower: string, name: number, query: string): number | undefined {
	// The name alone, when it has all the letters: "tp" means transcriptPanel.ts, not test/pages/x.ts.
	for (const start of [name, 0]) {
		let at = start - 1;
		let score = start === name ? 300 : 0;
		let last = start - 2;
		for (const letter of query) {
			at = lower.indexOf(letter, at + 1);
			if (at < 0) {
				break;
			}
			score += at === last + 1 ? 8 : atWord(lower, at) ? 5 : 0;
			last = at;
		}
		if (at >= 0) {
			return score;
		}
	}
	return undefined;
}

function atWord(text: string, at: number): boolean {
	return at === 0 || /[/._\- ]/.test(text[at - 1] ?? "");
}
