import type { IndexDatabase } from "./database.ts";
import type { Query, TextFilter } from "./query.ts";

/** What a search needs to know of the session that a file's items belong to. */
export interface SearchedSession {
	readonly n: number;
	readonly id: string;
	readonly source: string;
	readonly title: string;
	readonly agent: string | null;
	readonly model: string | null;
	readonly updated: string;
	readonly archived: number;
	readonly trashed: number;
	readonly tags: string;
	/** What it stands for, a source session a line. */
	readonly origin: string | null;
}

export interface SearchedFile {
	readonly id: number;
	readonly source: string;
	readonly path: string;
	readonly prefix: string;
	readonly cwd: string | null;
	readonly session: string;
}

/** The sessions and files of one index in memory, as far as a search needs them; read again when the index has changed. */
export class SessionTable {
	private readonly db: IndexDatabase;
	private version = "";
	private byId = new Map<string, SearchedSession>();
	private byNumber = new Map<number, SearchedSession>();
	private byFile = new Map<number, SearchedFile>();

	constructor(db: IndexDatabase) {
		this.db = db;
	}

	refresh(): void {
		const version = this.db.version();
		if (version === this.version) {
			return;
		}
		const sessions = this.db
			.statement(
				"SELECT n, id, source, title, agent, model, updated, archived, trashed, tags, origin FROM sessions",
			)
			.all() as unknown as SearchedSession[];
		const files = this.db
			.statement("SELECT id, source, path, prefix, cwd, session FROM files")
			.all() as unknown as SearchedFile[];
		this.byId = new Map(sessions.map((session) => [session.id, session]));
		this.byNumber = new Map(sessions.map((session) => [session.n, session]));
		this.byFile = new Map(files.map((file) => [file.id, file]));
		this.version = version;
	}

	session(id: string): SearchedSession | undefined {
		return this.byId.get(id);
	}

	numbered(n: number): SearchedSession | undefined {
		return this.byNumber.get(n);
	}

	file(id: number): SearchedFile | undefined {
		return this.byFile.get(id);
	}

	get files(): Iterable<SearchedFile> {
		return this.byFile.values();
	}

	/** `<source>:<id>` of the source sessions that sessions here stand for. */
	get origins(): Set<string> {
		return new Set([...this.byId.values()].flatMap(({ origin }) => origin?.split("\n") ?? []));
	}
}

/** Why a session's items are not shown. */
export type Verdict = "shown" | "archived" | "trashed" | "filtered";

/** Judges the sessions of one index for one query, each once. */
export class SessionJudge {
	private readonly query: Query;
	private readonly adopted: ReadonlySet<string>;
	private readonly touching: ReadonlySet<string> | undefined;
	private readonly notTouching: ReadonlySet<string>;
	private readonly verdicts = new Map<string, Verdict>();

	/** @param adopted source sessions that are found as ours instead. */
	constructor(query: Query, db: IndexDatabase, adopted: ReadonlySet<string>) {
		this.query = query;
		this.adopted = adopted;
		const { any, none } = query.file;
		this.touching = any.length > 0 ? sessionsTouching(db, any) : undefined;
		this.notTouching = none.length > 0 ? sessionsTouching(db, none) : new Set();
	}

	judge(session: SearchedSession): Verdict {
		let verdict = this.verdicts.get(session.id);
		if (!verdict) {
			verdict = this.judgeNow(session);
			this.verdicts.set(session.id, verdict);
		}
		return verdict;
	}

	private judgeNow(session: SearchedSession): Verdict {
		const { query } = this;
		const tags = query.tag.any.length + query.tag.none.length > 0 ? tagsOf(session) : [];
		const passes =
			!this.adopted.has(session.id) &&
			passesText(query.agent, [session.agent ?? "", session.source], startsWith) &&
			passesText(query.model, [session.model ?? ""], contains) &&
			passesText(query.source, [session.source], equals) &&
			passesText(query.session, [session.id, session.title], contains) &&
			passesText(query.tag, tags, equals) &&
			(this.touching?.has(session.id) ?? true) &&
			!this.notTouching.has(session.id);
		if (!passes) {
			return "filtered";
		}
		switch (query.place) {
			case "all":
				return "shown";
			case "trash":
				return session.trashed === 1 ? "shown" : "filtered";
			case "archived":
				return session.archived === 1 && session.trashed === 0 ? "shown" : "filtered";
			case "active":
				return session.trashed === 1 ? "trashed" : session.archived === 1 ? "archived" : "shown";
		}
	}
}

function tagsOf(session: SearchedSession): string[] {
	return (JSON.parse(session.tags) as string[]).map((tag) => tag.toLowerCase());
}

function passesText(
	{ any, none }: TextFilter,
	values: readonly string[],
	matches: (value: string, wanted: string) => boolean,
): boolean {
	const has = (wanted: string) => values.some((value) => matches(value.toLowerCase(), wanted));
	return (any.length === 0 || any.some(has)) && !none.some(has);
}

function startsWith(value: string, wanted: string): boolean {
	return value.startsWith(wanted);
}
function contains(value: string, wanted: string): boolean {
	return value.includes(wanted);
}
function equals(value: string, wanted: string): boolean {
	return value === wanted;
}

/** Sessions with a change of a file whose path holds one of `names`; `*` stands for any characters. */
function sessionsTouching(db: IndexDatabase, names: readonly string[]): Set<string> {
	const found = new Set<string>();
	for (const name of names) {
		const escaped = name
			.replaceAll("\\", "/")
			.replace(/[\\%_]/g, "\\$&")
			.replaceAll("*", "%");
		const rows = db
			.statement(
				`SELECT DISTINCT files.session AS session FROM touched JOIN files ON files.id = touched.file
				WHERE touched.path LIKE ? ESCAPE '\\'`,
			)
			.all(`%${escaped}%`);
		for (const row of rows) {
			found.add(row["session"] as string);
		}
	}
	return found;
}
