/** One row of the report, its numbers right-aligned in columns of eight. */
export function row(counts, name) {
	const columns = [counts.lines, counts.words, counts.characters];
	return `${columns.map((n) => String(n).padStart(8)).join("")} ${name}`;
}
