import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import type { Row, Section } from "./table.ts";

/** The rows of indexBudgets.ts, which runs as a process of its own: it fills its memory with a million items. */
export async function indexRows(quick: boolean): Promise<Section> {
	const program = path.join(import.meta.dirname, "indexBudgets.ts");
	const sizes = quick ? ["rollouts=1000", "items=100000", "runs=1"] : [];
	const parts = ["cold", "list", "search"];
	const { stdout } = await promisify(execFile)(process.execPath, [program, ...parts, ...sizes], {
		maxBuffer: 1 << 24,
	}).catch((error: { stdout?: string }) => {
		// It ends with 1 where a budget is missed: the rows say which.
		if (error.stdout === undefined || error.stdout === "") {
			throw error;
		}
		return { stdout: error.stdout };
	});
	const lines = stdout.split("\n").slice(1);
	return {
		title: "Index",
		rows: lines.filter((line) => /^(!| ) \S/.test(line)).map(rowOf),
		notes: lines.filter((line) => line.startsWith("   ")).map((line) => line.trim()),
	};
}

/** A line as `line` of indexBudgets.ts prints it: columns of fixed width. */
function rowOf(line: string): Row {
	const [what = "", ours = "", budget = ""] = [
		line.slice(2, 60),
		line.slice(61, 97),
		line.slice(98),
	].map((cell) => cell.trim());
	return budget.startsWith("(")
		? { what, ours, budget }
		: { what, ours, budget, ok: !line.startsWith("!") };
}
