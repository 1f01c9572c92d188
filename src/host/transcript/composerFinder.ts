import * as path from "node:path";
import * as vscode from "vscode";
import { rankFiles } from "./composerFiles.ts";

/** Files that a mention can name; of a larger folder the first ones found. */
const filesMost = 50_000;
const offered = 12;
/** A list is as good as new for so long: it is asked for again with every letter. ms. */
const fresh = 10_000;

interface Listing {
	readonly made: number;
	readonly paths: Promise<readonly string[]>;
}

const listings = new Map<string, Listing>();

/** The files of a folder that fit what is typed after an `@`, best first, relative to the folder, excluded ones left out. */
export async function offeredFiles(folder: string, typed: string): Promise<string[]> {
	let listing = listings.get(folder);
	if (!listing || performance.now() - listing.made > fresh) {
		listing = { made: performance.now(), paths: list(folder) };
		listings.set(folder, listing);
	}
	return rankFiles(await listing.paths, typed, offered);
}

async function list(folder: string): Promise<readonly string[]> {
	const base = vscode.Uri.file(folder);
	const files = await vscode.workspace.findFiles(
		new vscode.RelativePattern(base, "**/*"),
		excluded(base),
		filesMost,
	);
	return files.map((file) => path.relative(folder, file.fsPath).split(path.sep).join("/"));
}

/** What the settings hide from the explorer and from the search, and our own store, as one pattern. */
function excluded(scope: vscode.Uri): string {
	const patterns = ["**/.vscode/skein/**"];
	for (const name of ["files.exclude", "search.exclude"]) {
		const setting = vscode.workspace
			.getConfiguration(undefined, scope)
			.get<Record<string, unknown>>(name);
		for (const [pattern, value] of Object.entries(setting ?? {})) {
			// A comma or a brace of its own cannot stand inside the braces.
			if (value === true && !/[{},]/.test(pattern)) {
				patterns.push(pattern, `${pattern}/**`);
			}
		}
	}
	return `{${patterns.join(",")}}`;
}
