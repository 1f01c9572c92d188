/**
 * The two sides of a recorded unified diff, as far as it tells: its hunks, each under a line that says where it
 * stood. Rebuilt from the record alone, so the working tree is never read or touched.
 */
export function changeSides(diff: string): { readonly before: string; readonly after: string } {
	const before: string[] = [];
	const after: string[] = [];
	let inHunk = !/^(---|\+\+\+|diff |\*\*\* |@@)/m.test(diff.split("\n", 1)[0] ?? "");
	for (const line of diff.split(/\r?\n/)) {
		if (line.startsWith("@@")) {
			inHunk = true;
			if (before.length > 0 || after.length > 0) {
				before.push("⋯");
				after.push("⋯");
			}
		} else if (!inHunk || line.startsWith("\\ ")) {
			// File names above the first hunk, and "\ No newline at end of file".
		} else if (line.startsWith("-")) {
			before.push(line.slice(1));
		} else if (line.startsWith("+")) {
			after.push(line.slice(1));
		} else {
			const text = line.startsWith(" ") ? line.slice(1) : line;
			before.push(text);
			after.push(text);
		}
	}
	return { before: before.join("\n"), after: after.join("\n") };
}
