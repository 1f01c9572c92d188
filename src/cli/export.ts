import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { causeInWords, HumanError, systemErrorCode } from "../base/errors.ts";
import { sessionBundle } from "../core/export/bundle.ts";
import { sessionMarkdown } from "../core/export/markdown.ts";

import { WorkspaceStore } from "../core/store/workspaceStore.ts";
import type { Cli } from "./cli.ts";
import { type Command, UsageError } from "./command.ts";

const extensions = { md: ".md", bundle: ".skein.jsonl" } as const;
type Format = keyof typeof extensions;
/** Formats of the design that later versions bring. */
const later = new Set(["html", "codex", "claude", "opencode"]);

type Pieces = AsyncIterable<string | Uint8Array>;

export const exportSession: Command = {
	name: "export",
	usage: "export ID --format md|bundle [-o FILE] [--no-redact]",
	summary:
		"Write a session as Markdown, or as a bundle that import reads; -o - writes to standard output",
	options: {
		format: { type: "string" },
		output: { type: "string", short: "o" },
		"no-redact": { type: "boolean" },
	},
	takes: [1, 1],
	async run(cli, args) {
		const format = formatOf(args.text("format"));
		const output = args.text("output");
		const id = args.positionals[0] ?? "";
		if (output === "-" && cli.json) {
			throw new UsageError("With -o - the session itself goes to standard output; --json cannot.");
		}
		const use = (title: string, pieces: Pieces) => deliver(cli, format, output, title, pieces);
		await (format === "md" ? useMarkdown(cli, id, use) : useBundle(cli, id, use));
	},
};

type Use = (title: string, pieces: Pieces) => Promise<void>;

function formatOf(given: string | undefined): Format {
	if (given === "md" || given === "bundle") {
		return given;
	}
	if (given === undefined) {
		throw new UsageError("A format is missing: --format md or --format bundle.");
	}
	throw new UsageError(
		later.has(given)
			? `The format ${given} is not there yet. There is: md, bundle.`
			: `There is no format "${given}". There is: md, bundle.`,
	);
}

async function useMarkdown(cli: Cli, id: string, use: Use): Promise<void> {
	const transcript = await cli.transcript(id);
	await use(transcript.summary.title, sessionMarkdown(transcript));
}

/** A source's session has no journal yet: it is adopted into a store of its own that goes again. */
async function useBundle(cli: Cli, given: string, use: Use): Promise<void> {
	const report = (sentence: string) => cli.notice(sentence);
	if (!given.includes(":")) {
		const session = await cli.session(given);
		const { title } = await session.summary();
		return use(title, sessionBundle(cli.store, session.id, report));
	}
	const { source, summary } = await cli.sourceSession(given);
	const folder = await fs.mkdtemp(path.join(tmpdir(), "skein-export-"));
	try {
		const store = new WorkspaceStore(folder, { ...cli.locations, data: path.join(folder, "data") });
		const { session } = await store.adopt(source, summary);
		await use(summary.title, sessionBundle(store, session.id, report));
		await store.close();
	} finally {
		await fs.rm(folder, { recursive: true, force: true });
	}
}

async function deliver(
	cli: Cli,
	format: Format,
	output: string | undefined,
	title: string,
	pieces: Pieces,
): Promise<void> {
	if (output === "-") {
		await cli.out.writeAll(pieces);
		return;
	}
	const file = await writeFile(output, `${fileName(title)}${extensions[format]}`, pieces);
	const { size } = await fs.stat(file);
	cli.print({ file, bytes: size, redactions: {} }, () => `${file}\n`);
}

/** Writes beside the target and renames: what stood there stays until the new file is whole. */
async function writeFile(
	output: string | undefined,
	name: string,
	pieces: Pieces,
): Promise<string> {
	const target = await realTarget(path.resolve(output ?? name));
	const temporary = `${target}.${process.pid}.tmp`;
	try {
		if (output !== undefined && (await isDevice(target))) {
			await pipeline(pieces, createWriteStream(target));
			return target;
		}
		await pipeline(pieces, createWriteStream(temporary, { flags: "wx", flush: true }));
		if (output !== undefined) {
			await fs.rename(temporary, target);
			return target;
		}
		return await claimName(temporary, target);
	} catch (error) {
		if (error instanceof HumanError) {
			throw error;
		}
		throw new HumanError(
			"not-written",
			`The file ${target} was not written: ${causeInWords(error)}.`,
			{ cause: error },
		);
	} finally {
		await fs.rm(temporary, { force: true });
	}
}

/** Where a link leads: the file it names is replaced, not the link. */
async function realTarget(target: string): Promise<string> {
	try {
		return await fs.realpath(target);
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			throw error;
		}
		return target;
	}
}

/** A device or a pipe (`/dev/null`) is written to; a file renamed over it would take its place. */
async function isDevice(target: string): Promise<boolean> {
	try {
		const stat = await fs.stat(target);
		return !stat.isFile() && !stat.isDirectory();
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return false;
		}
		throw error;
	}
}

/** Gives the file the first free name: without `-o` nothing that exists is replaced. */
async function claimName(temporary: string, wanted: string): Promise<string> {
	const extension = /(?:\.skein)?\.[a-z]+$/.exec(wanted)?.[0] ?? "";
	const stem = wanted.slice(0, wanted.length - extension.length);
	for (let number = 1; ; number++) {
		const target = number === 1 ? wanted : `${stem} (${number})${extension}`;
		try {
			await (await fs.open(target, "wx")).close();
			await fs.rename(temporary, target);
			return target;
		} catch (error) {
			if (systemErrorCode(error) !== "EEXIST") {
				throw error;
			}
		}
	}
}

/** A file name made of a title, at home on every system. */
function fileName(title: string): string {
	const name = title
		.normalize("NFKD")
		.replace(/[^\p{L}\p{N}]+/gu, "-")
		.replace(/^-+|-+$/g, "")
		.slice(0, 60);
	return name || "session";
}
