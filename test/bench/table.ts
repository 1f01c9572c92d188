import { execFileSync } from "node:child_process";
import * as os from "node:os";
import type { Samples } from "./measure.ts";

/** One line of the table. */
export interface Row {
	readonly what: string;
	readonly ours: string;
	/** What runs beside it in the same run; empty for a budget in ms. */
	readonly against?: string;
	/** How many times as fast, or what the budget is about. */
	readonly ratio?: string;
	/** Empty where the design names none. */
	readonly budget?: string;
	/** Whether the budget holds; undefined where there is none. */
	readonly ok?: boolean;
}

export interface Section {
	readonly title: string;
	readonly rows: readonly Row[];
	/** What was measured, in sentences. */
	notes?: readonly string[];
}

/** ms as a person reads them. */
export function ms(value: number): string {
	if (value < 1) {
		return `${Math.round(value * 1000)} µs`;
	}
	return value < 10
		? `${value.toFixed(2)} ms`
		: value < 10_000
			? `${value.toFixed(0)} ms`
			: `${(value / 1000).toFixed(1)} s`;
}

/** Median, and the range that eight of ten values are in. */
export function spread({ median, low, high }: Samples): string {
	return `${ms(median)} (${ms(low)} to ${ms(high)})`;
}

export function times(value: number): string {
	return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} x`;
}

const heads = ["what", "ours", "compared with", "ratio", "budget", ""];

function cells(row: Row): string[] {
	const verdict = row.ok === undefined ? "" : row.ok ? "met" : "**missed**";
	return [row.what, row.ours, row.against ?? "", row.ratio ?? "", row.budget ?? "", verdict];
}

export function markdown(sections: readonly Section[]): string {
	const lines: string[] = [];
	for (const { title, rows, notes = [] } of sections) {
		lines.push(`## ${title}`, "", `| ${heads.join(" | ")} |`, `|${" --- |".repeat(heads.length)}`);
		lines.push(...rows.map((row) => `| ${cells(row).join(" | ")} |`));
		lines.push("", ...notes.flatMap((note) => [note, ""]));
	}
	return lines.join("\n");
}

export function print({ title, rows, notes = [] }: Section): void {
	const table = [heads, ...rows.map(cells)];
	const widths = heads.map((_, column) =>
		Math.max(...table.map((row) => row[column]?.length ?? 0)),
	);
	console.log(`\n${title}`);
	for (const row of table) {
		console.log(
			`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
		);
	}
	for (const note of notes) {
		console.log(`  ${note}`);
	}
}

/** How busy the machine was in the last minute, five and fifteen. */
export function load(): string {
	return os
		.loadavg()
		.map((value) => value.toFixed(1))
		.join(", ");
}

/** The machine, the versions and the day, and how busy the machine was. */
export function circumstances(): string {
	const [cpu] = os.cpus();
	const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], {
		cwd: import.meta.dirname,
		encoding: "utf8",
	}).trim();
	return [
		`${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node.js ${process.version}`,
		`SQLite ${process.versions["sqlite"] ?? "?"}`,
		`${os.type()} ${os.release().split("-")[0]}`,
		`${os.cpus().length} x ${cpu?.model.trim() ?? "?"}, ${Math.round(os.totalmem() / 2 ** 30)} GB`,
		`load average ${load()}`,
	].join("; ");
}
