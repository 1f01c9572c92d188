import * as fs from "node:fs";
import * as path from "node:path";
import { HumanError } from "../base/errors.ts";
import { Catalogue } from "../core/catalogue/catalogue.ts";
import { printableLine } from "../core/export/printable.ts";
import { nodeFiles } from "../core/files.ts";
import { isUlid } from "../core/journal/ids.ts";
import { type Locations, userLocations } from "../core/locations.ts";
import type { SessionSummary } from "../core/model/summary.ts";
import type { Source } from "../core/sources/source.ts";
import { createSources } from "../core/sources/sources.ts";
import { sessionIds } from "../core/store/header.ts";
import type { Session } from "../core/store/session.ts";
import { WorkspaceStore } from "../core/store/workspaceStore.ts";
import type { Transcript } from "../core/transcript/transcript.ts";
import type { Output } from "./output.ts";
import { sessionShape } from "./shapes.ts";

/** A session of another tool, found by its id. */
export interface SourceSession {
	readonly source: Source;
	readonly summary: SessionSummary;
}

/** What the daemon and other windows call us. */
export const clientName = "the skein command";
/** Fewest characters that may stand for a whole id. */
const prefixLength = 6;

/** What every verb works with: the store, the sources, and where results go. */
export class Cli {
	readonly store: WorkspaceStore;
	readonly locations: Locations;
	readonly out: Output;
	readonly err: Output;
	readonly json: boolean;
	private threads: Promise<Map<string, string>> | undefined;
	private knownSources: readonly Source[] | undefined;

	constructor(options: { folder: string; json: boolean; out: Output; err: Output }) {
		this.locations = userLocations();
		this.store = new WorkspaceStore(options.folder, this.locations, {
			findRun: async (run) => {
				// Loaded here only: few calls find a turn that is open.
				const { findRun } = await import("../daemon/client/findRun.ts");
				return findRun(options.folder, run, clientName);
			},
		});
		this.json = options.json;
		this.out = options.out;
		this.err = options.err;
	}

	get folder(): string {
		return this.store.folder;
	}

	get sources(): readonly Source[] {
		this.knownSources ??= createSources(this.locations);
		return this.knownSources;
	}

	/** Prints one JSON document with `--json`, else the words. */
	print(value: unknown, words: () => string): void {
		this.out.write(this.json ? `${JSON.stringify(value)}\n` : words());
	}

	/** A sentence beside the result. */
	notice(sentence: string): void {
		this.err.write(`${printableLine(sentence)}\n`);
	}

	/** Prints what a verb made of a session. */
	async printSession(session: Session, words: (title: string) => string): Promise<void> {
		const summary = await session.summary();
		this.print(
			{ session: sessionShape(summary) },
			() => `${words(printableLine(summary.title) || "untitled")}\n`,
		);
		if (this.store.keepFailure !== undefined) {
			this.notice(this.store.keepFailure);
		}
	}

	/** Sessions of this folder's store, and of the sources with those names (all of them without names). */
	catalogue(sources: readonly Source[] = this.sources): Catalogue {
		return new Catalogue({
			folders: [this.folder],
			sources,
			locations: this.locations,
			keepCopies: false,
		});
	}

	/** A session of ours by its id or a beginning of it. Throws a HumanError. */
	async session(given: string): Promise<Session> {
		if (given.includes(":")) {
			throw new HumanError(
				"not-ours",
				`${given} belongs to another tool and cannot be changed. Nothing was done; fork it or import it first.`,
			);
		}
		return this.store.open(await this.ownId(given));
	}

	/** The whole id that a text stands for; the text itself when it stands for none. */
	async ownId(given: string): Promise<string> {
		const upper = given.toUpperCase();
		if (isUlid(upper)) {
			return upper;
		}
		if (given.length < prefixLength || !/^[0-9A-HJKMNP-TV-Z]+$/.test(upper)) {
			return given;
		}
		const ids = await sessionIds(nodeFiles, this.store.layout);
		return only(given, ids, (id) => id.startsWith(upper)) ?? given;
	}

	/** A source's session by `<source>:<native id>` or a beginning of that. Throws a HumanError. */
	async sourceSession(given: string): Promise<SourceSession> {
		const name = given.slice(0, given.indexOf(":"));
		const source = this.sources.find((candidate) => candidate.name === name);
		if (!source) {
			throw new HumanError(
				"no-such-source",
				`There is no source named "${name}"; there is ${this.sources.map((known) => known.name).join(", ")}. Nothing was done.`,
			);
		}
		const catalogue = this.catalogue([source]);
		const [rows] = catalogue.sources;
		await rows?.scan();
		const known = [...(rows?.rows.keys() ?? [])];
		const long = given.length - name.length > prefixLength;
		const id = known.includes(given)
			? given
			: long
				? only(given, known, (candidate) => candidate.startsWith(given))
				: undefined;
		const summary = id === undefined ? undefined : rows?.rows.get(id);
		if (!summary) {
			throw new HumanError(
				"no-such-session",
				`${source.label} has no session ${given}. Nothing was done.`,
			);
		}
		return { source, summary };
	}

	/** The session of ours that lives in this session of a source: its id; undefined when there is none. */
	async livingIn(sourceSession: string): Promise<string | undefined> {
		this.threads ??= this.readThreads();
		return (await this.threads).get(sourceSession);
	}

	private async readThreads(): Promise<Map<string, string>> {
		const rows = await this.catalogue([]).list();
		return new Map(rows.flatMap(({ id, threads }) => threads.map((thread) => [thread, id])));
	}

	/** Any session, for reading. */
	async transcript(given: string): Promise<Transcript> {
		if (given.includes(":")) {
			const { source, summary } = await this.sourceSession(given);
			return source.open(summary);
		}
		return this.store.transcript(await this.ownId(given));
	}
}

/** The one id that matches; undefined for none. Throws a HumanError when several do. */
function only(
	given: string,
	ids: readonly string[],
	matches: (id: string) => boolean,
): string | undefined {
	const found = ids.filter(matches);
	if (found.length > 1) {
		const some = found.slice(0, 5).join(", ");
		throw new HumanError(
			"ambiguous-id",
			`"${given}" is the beginning of ${found.length} ids: ${some}${found.length > 5 ? ", ..." : ""}. Nothing was done.`,
		);
	}
	return found[0];
}

/** The workspace folder to work on: the one given, the nearest with a store, or the current one. Throws a HumanError. */
export function workspaceFolder(given: string | undefined, cwd: string): string {
	if (given !== undefined) {
		const folder = path.resolve(cwd, given);
		if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
			throw new HumanError("no-such-folder", `There is no folder ${folder}. Nothing was done.`);
		}
		return folder;
	}
	for (let folder = cwd; ; folder = path.dirname(folder)) {
		if (fs.existsSync(path.join(folder, ".vscode", "skein"))) {
			return folder;
		}
		if (folder === path.dirname(folder)) {
			return cwd;
		}
	}
}
