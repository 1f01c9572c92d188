import * as fs from "node:fs/promises";
import * as path from "node:path";
import { causeInWords, errorSentence, HumanError, systemErrorCode } from "../base/errors.ts";
import { importBundle, importJournal, isBundle } from "../core/export/importBundle.ts";
import { nodeFiles, readRange } from "../core/files.ts";
import { recordMark } from "../core/journal/framing.ts";
import type { Diagnostic } from "../core/model/diagnostic.ts";
import type { SessionSummary } from "../core/model/summary.ts";
import type { Source } from "../core/sources/source.ts";

import { readHeader } from "../core/store/header.ts";
import type { Cli } from "./cli.ts";
import { type Command, UsageError } from "./command.ts";
import { diagnosticShape } from "./shapes.ts";
import { count, table } from "./table.ts";

/** Bytes of a file that tell what it is. */
const headBytes = 64 * 1024;

interface Imported {
	readonly session: string;
	readonly from: string;
	readonly agent: string | null;
	/** Items added now. */
	readonly items: number;
	readonly diagnostics: readonly Diagnostic[];
}

export const importSessions: Command = {
	name: "import",
	usage: "import PATH... | import --source NAME",
	summary:
		"Bring in sessions: bundles, journals, other tools' session files, folders of them, <source>:<id>",
	options: { source: { type: "string" } },
	takes: [0, Number.POSITIVE_INFINITY],
	async run(cli, args) {
		const name = args.text("source");
		if ((name === undefined) === (args.positionals.length === 0)) {
			throw new UsageError("Either paths or --source NAME is needed.");
		}
		const work = new Import(cli);
		if (name !== undefined) {
			await work.source(name);
		}
		for (const given of args.positionals) {
			await work.path(given);
		}
		const { imported, failed } = work;
		cli.print(
			{
				imported: imported.map((one) => ({
					...one,
					diagnostics: one.diagnostics.map(diagnosticShape),
				})),
				failed,
			},
			() =>
				table(
					imported.map(({ session, from, items }) => [session, `+${count(items, "item")}`, from]),
				),
		);
		for (const { from, reason } of failed) {
			cli.notice(`${from}: ${reason}`);
		}
		return failed.length > 0 ? 1 : 0;
	},
};

/** One call of the verb: what was brought in, and what could not be, each on its own. */
class Import {
	readonly imported: Imported[] = [];
	readonly failed: { from: string; reason: string }[] = [];
	private readonly cli: Cli;

	constructor(cli: Cli) {
		this.cli = cli;
	}

	async source(name: string): Promise<void> {
		const source = this.cli.sources.find((candidate) => candidate.name === name);
		if (!source) {
			const known = this.cli.sources.map((candidate) => candidate.name).join(", ");
			throw new UsageError(`There is no source named "${name}". There is: ${known}.`);
		}
		const [catalogue] = this.cli.catalogue([source]).sources;
		await catalogue?.scan();
		for (const problem of catalogue?.problems ?? []) {
			this.cli.notice(problem);
		}
		for (const summary of catalogue?.rows.values() ?? []) {
			await this.guarded(summary.id, () => this.adopt(source, summary, summary.id));
		}
	}

	async path(given: string): Promise<void> {
		await this.guarded(given, async () => {
			const stat = await statOf(given);
			if (stat === undefined && /^[a-z]+:/.test(given)) {
				const { source, summary } = await this.cli.sourceSession(given);
				return this.adopt(source, summary, given);
			}
			if (stat === undefined) {
				throw new HumanError("missing", "There is no such file. Nothing was imported.");
			}
			return stat.isDirectory() ? this.folder(given) : this.file(given);
		});
	}

	/** Every session file below a folder; what is none is passed over. */
	private async folder(folder: string): Promise<void> {
		const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
		const files = entries
			.filter((entry) => entry.isFile())
			.map((entry) => path.join(entry.parentPath, entry.name))
			.sort();
		let found = false;
		for (const file of files) {
			const kind = await this.kindOf(file);
			if (kind) {
				found = true;
				await this.guarded(file, () => kind());
			}
		}
		if (!found) {
			throw new HumanError("nothing", "No file in this folder is a session. Nothing was imported.");
		}
	}

	private async file(file: string): Promise<void> {
		const kind = await this.kindOf(file);
		if (!kind) {
			throw new HumanError(
				"foreign",
				"This is not a session file of a kind that Skein knows. Nothing was imported.",
			);
		}
		await kind();
	}

	/** How to import a file, by what it holds; undefined for one that is no session. */
	private async kindOf(file: string): Promise<(() => Promise<void>) | undefined> {
		const head = await headOf(file);
		if (isBundle(head)) {
			return () => this.bundle(file);
		}
		if (head.subarray(0, 3 + recordMark.length).includes(recordMark)) {
			return () => this.journal(file);
		}
		const source = this.cli.sources.find((candidate) => candidate.claims(file, head));
		return source && (() => this.sourceFile(source, file));
	}

	private async bundle(file: string): Promise<void> {
		for (const { session, items, diagnostics } of await importBundle(this.cli.store, file)) {
			await this.add(session, file, items, diagnostics);
		}
	}

	private async journal(file: string): Promise<void> {
		const header = await readHeader(nodeFiles, file);
		if (!header) {
			throw new HumanError(
				"no-header",
				"The record that says which session this is (session.created) is missing or damaged. Nothing was imported.",
			);
		}
		const bytes = await fs.readFile(file);
		const { session, items, diagnostics } = await importJournal(this.cli.store, header.id, bytes);
		await this.add(session, file, items, diagnostics);
	}

	private async sourceFile(source: Source, file: string): Promise<void> {
		const { summary } = await source.openFile(path.resolve(file));
		await this.adopt(source, summary, file);
	}

	private async adopt(source: Source, summary: SessionSummary, from: string): Promise<void> {
		const ours = await this.cli.livingIn(summary.id);
		if (ours !== undefined) {
			// All of it is there: the daemon wrote it down as it came.
			return this.add(ours, from, 0, []);
		}
		const { session, items } = await this.cli.store.adopt(source, summary);
		const { diagnostics } = await source.open(summary);
		await this.add(session.id, from, items, diagnostics);
	}

	private async add(
		session: string,
		from: string,
		items: number,
		diagnostics: readonly Diagnostic[],
	): Promise<void> {
		const { agent } = await (await this.cli.store.open(session)).summary();
		this.imported.push({ session, from, agent, items, diagnostics });
	}

	/** One that fails is reported and the others go on. */
	private async guarded(from: string, work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			if (error instanceof HumanError) {
				this.failed.push({ from, reason: errorSentence(error) });
			} else if (systemErrorCode(error) !== undefined) {
				const reason = `It could not be read or stored: ${causeInWords(error)}. Nothing was imported.`;
				this.failed.push({ from, reason });
			} else {
				throw error;
			}
		}
	}
}

async function statOf(file: string) {
	try {
		return await fs.stat(file);
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENOTDIR") {
			return undefined;
		}
		throw error;
	}
}

async function headOf(file: string): Promise<Buffer> {
	const handle = await fs.open(file, "r");
	try {
		return await readRange(handle, 0, headBytes);
	} finally {
		await handle.close();
	}
}
