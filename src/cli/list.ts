import * as fs from "node:fs/promises";
import * as path from "node:path";
import { systemErrorCode } from "../base/errors.ts";
import { printableLine } from "../core/export/printable.ts";
import type { SessionSummary } from "../core/model/summary.ts";
import type { Cli } from "./cli.ts";
import { type Arguments, type Command, UsageError } from "./command.ts";
import { listShape } from "./shapes.ts";
import { count, shortTime, table } from "./table.ts";

type View = "default" | "all" | "archived" | "trash";

export const list: Command = {
	name: "list",
	usage: "list [--all|--archived|--trash] [--source NAME]",
	summary: "List sessions, newest first: ours and those of other tools in this folder",
	options: {
		all: { type: "boolean" },
		archived: { type: "boolean" },
		trash: { type: "boolean" },
		source: { type: "string" },
	},
	takes: [0, 0],
	async run(cli, args) {
		const view = viewOf(args);
		const rows = await rowsOf(cli, args.text("source"));
		const folders = await namesOf(cli.folder);
		const hidden = { archived: 0, trashed: 0, otherFolders: 0 };
		const shown = rows.filter((row) => {
			const reason = hiddenBy(row, view, folders);
			if (reason !== undefined && reason !== "view") {
				hidden[reason]++;
			}
			return reason === undefined;
		});
		cli.print({ sessions: shown.map(listShape), hidden }, () => words(shown, hidden));
	},
};

function viewOf(args: Arguments): View {
	const given = (["all", "archived", "trash"] as const).filter((name) => args.flag(name));
	if (given.length > 1) {
		throw new UsageError("Only one of --all, --archived and --trash can be given.");
	}
	return given[0] ?? "default";
}

async function rowsOf(cli: Cli, name: string | undefined): Promise<SessionSummary[]> {
	const sources = cli.sources.filter((source) => name === undefined || source.name === name);
	if (name !== undefined && name !== "skein" && sources.length === 0) {
		const known = ["skein", ...cli.sources.map((source) => source.name)].join(", ");
		throw new UsageError(`There is no source named "${name}". There is: ${known}.`);
	}
	const catalogue = cli.catalogue(sources);
	const rows = await catalogue.list();
	for (const part of [...catalogue.stores, ...catalogue.sources]) {
		for (const problem of part.problems) {
			cli.notice(problem);
		}
	}
	for (const { status, kept } of catalogue.stores) {
		if (status.kind === "newer") {
			cli.notice(
				`The sessions here were written by a newer Skein (format ${status.version}); they are listed as far as this one can read them.`,
			);
		}
		if (kept.length > 0) {
			cli.notice(
				`${count(kept.length, "session")} of this folder ${kept.length === 1 ? "was" : "were"} removed from disk; copies are kept: skein restore --kept`,
			);
		}
	}
	return name === undefined ? rows : rows.filter((row) => row.source === name);
}

/** Why a row is not in this view: one of the counted reasons, or the view itself, which asks for others. */
function hiddenBy(
	row: SessionSummary,
	view: View,
	folders: readonly string[],
): "otherFolders" | "trashed" | "archived" | "view" | undefined {
	if (view === "all") {
		return undefined;
	}
	if (row.source !== "skein" && !folders.some((folder) => isInside(row.cwd, folder))) {
		return "otherFolders";
	}
	if (row.trashed) {
		return view === "trash" ? undefined : "trashed";
	}
	if (row.archived) {
		return view === "archived" ? undefined : "archived";
	}
	return view === "default" ? undefined : "view";
}

function isInside(cwd: string | null, folder: string): boolean {
	if (cwd === null) {
		return false;
	}
	const relative = path.relative(folder, cwd);
	return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** The folder as it was named and as it is: tools write down either. */
async function namesOf(folder: string): Promise<string[]> {
	try {
		return [...new Set([folder, await fs.realpath(folder)])];
	} catch (error) {
		if (systemErrorCode(error) !== undefined) {
			return [folder];
		}
		throw error;
	}
}

function words(
	rows: readonly SessionSummary[],
	hidden: { archived: number; trashed: number; otherFolders: number },
): string {
	const cells = rows.map((row) => [
		row.id,
		shortTime(row.updatedAt),
		row.agent ?? row.source,
		`${row.items}`,
		printableLine(row.title) || "(untitled)",
		[
			row.pinned ? "pinned" : "",
			row.archived ? "archived" : "",
			row.trashed ? "in the trash" : "",
			row.parent ? "fork" : "",
			row.diagnostics > 0 ? count(row.diagnostics, "warning") : "",
		]
			.filter((mark) => mark !== "")
			.join(", "),
	]);
	const body =
		rows.length === 0
			? "No sessions here.\n"
			: table([["ID", "UPDATED", "AGENT", "ITEMS", "TITLE", ""], ...cells]);
	const left = [
		hidden.archived > 0 ? `${hidden.archived} archived` : "",
		hidden.trashed > 0 ? `${hidden.trashed} in the trash` : "",
		hidden.otherFolders > 0 ? `${hidden.otherFolders} of other folders` : "",
	].filter((part) => part !== "");
	return left.length === 0 ? body : `${body}Not shown: ${left.join(", ")} (--all shows all).\n`;
}
