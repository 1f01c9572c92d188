/**
 * Measures Skein against the budgets of its design (section 11) and against what runs beside it: `npm run bench --
 * [--quick] [--write] [part...]`. Prints a table; `--write` puts it into docs/benchmarks.md; exit code 1 when a budget is
 * missed. Data sets are made from a fixed seed and kept in a temporary folder.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { appends, forks } from "./append.ts";
import { besideCodex } from "./codex.ts";
import { liveRuns } from "./daemon.ts";
import { indexRows } from "./indexRows.ts";
import { liveText } from "./live.ts";
import { memory, opening } from "./open.ts";
import { besideRipgrep } from "./rg.ts";
import { seeds } from "./seeds.ts";
import { circumstances, load, markdown, print, type Section } from "./table.ts";
import { insideVSCode } from "./vscode.ts";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		quick: { type: "boolean", default: false },
		write: { type: "boolean", default: false },
	},
});

const parts: Readonly<Record<string, (quick: boolean) => Promise<Section>>> = {
	append: appends,
	fork: forks,
	index: indexRows,
	codex: besideCodex,
	rg: besideRipgrep,
	open: opening,
	memory,
	vscode: insideVSCode,
	live: liveText,
	daemon: liveRuns,
	seeds,
};

const unknown = positionals.filter((name) => !(name in parts));
if (unknown.length > 0) {
	console.error(
		`There is no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}.`,
	);
	process.exit(2);
}
const about = circumstances();
console.log(about);
const sections: Section[] = [];
for (const [name, measure] of Object.entries(parts)) {
	if (positionals.length === 0 || positionals.includes(name)) {
		const before = load();
		const section = await measure(values.quick).catch((error: unknown) => failed(name, error));
		section.notes = [...(section.notes ?? []), `Load average: ${before} before, ${load()} after.`];
		print(section);
		sections.push(section);
	}
}
const rows = sections.flatMap((section) => section.rows);
const missed = rows.filter((row) => row.ok === false);
console.log(
	`\n${rows.filter((row) => row.ok).length} budgets met, ${missed.length} missed${missed.map((row) => `\n  ${row.what}`).join("")}`,
);
if (values.write) {
	write();
}
process.exitCode = missed.length > 0 ? 1 : 0;

/** A part that could not be measured counts as missed, and does not take the others along. */
function failed(name: string, error: unknown): Section {
	console.error(error);
	const ours = `not measured: ${error instanceof Error ? error.message.split("\n", 1)[0] : error}`;
	return { title: name, rows: [{ what: name, ours, ok: false }] };
}

/** Puts the table between the marks of docs/benchmarks.md; the words around it stay. */
function write(): void {
	const file = path.join(import.meta.dirname, "../../docs/benchmarks.md");
	const [begin, end] = ["<!-- measured -->", "<!-- /measured -->"];
	const text = fs.readFileSync(file, "utf8");
	const table = `${begin}\n\nMeasured ${about}.\n\n${markdown(sections)}\n${end}`;
	fs.writeFileSync(
		file,
		text.slice(0, text.indexOf(begin)) + table + text.slice(text.indexOf(end) + end.length),
	);
}
