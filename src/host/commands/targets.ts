import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { CatalogueClient } from "../catalogueClient.ts";
import type { Shelf } from "../contributions.ts";
import { shelves } from "../contributions.ts";
import type { Choice, Prompts } from "../prompts.ts";
import { plainText } from "../search/snippetText.ts";
import type { SessionReader } from "../sessionReader.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { isNameable } from "../sessions/codexThread.ts";
import { RelativeTime } from "../sessions/relativeTime.ts";
import { rowDescription } from "../sessions/rowItem.ts";
import type { SessionList, SessionRow } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { sorter } from "../sessions/sorting.ts";
import { forEach, inSlices, sorted } from "../slices.ts";
import type { TranscriptEditors } from "../transcript/transcriptEditors.ts";
import type { TranscriptPanel } from "../transcript/transcriptPanel.ts";
import { sessionIdOf } from "../transcript/uris.ts";
import type { SessionViews } from "../views/sessionViews.ts";

/** Sessions a command can work on, and the sentence for those it cannot. */
export interface Eligibility {
	readonly accepts: (row: SessionRow) => boolean;
	readonly otherwise: string;
	/** Sessions of which `otherwise` is said, although they are none of ours. */
	readonly admits?: (row: SessionRow) => boolean;
}

interface Reference {
	readonly id: string;
	readonly folder: string | null | undefined;
}

/**
 * Which sessions a command is meant for: those it was given (a row, several rows, an id, an address, an item of a
 * transcript), else those that a key pressed in a view is meant for, else the transcript in front, else the person is asked.
 */
export class Targets {
	private readonly list: SessionList;
	private readonly catalogue: CatalogueClient;
	private readonly reader: SessionReader;
	private readonly views: SessionViews;
	private readonly editors: TranscriptEditors;
	private readonly prompts: Prompts;
	private readonly times = new RelativeTime(vscode.env.language);

	constructor(
		list: SessionList,
		catalogue: CatalogueClient,
		reader: SessionReader,
		views: SessionViews,
		editors: TranscriptEditors,
		prompts: Prompts,
	) {
		this.list = list;
		this.catalogue = catalogue;
		this.reader = reader;
		this.views = views;
		this.editors = editors;
		this.prompts = prompts;
	}

	/** Exactly one session; throws CancellationError when the person is asked and dismisses. */
	async one(
		args: readonly unknown[],
		title: string,
		eligibility?: Eligibility,
	): Promise<SessionRow> {
		const [given] = await this.given(args);
		if (given) {
			return eligible([given], eligibility)[0] ?? given;
		}
		const rows = await this.choices(eligibility);
		const [selected] = this.views.selected;
		const active = rows.find(
			({ summary }) => selected?.kind === "session" && selected.id === summary.id,
		);
		const row = await this.prompts.pick(await this.toChoices(rows), {
			title,
			placeholder: vscode.l10n.t("Choose a session"),
			...(active && { active }),
		});
		if (!row) {
			throw new vscode.CancellationError();
		}
		return row;
	}

	/** One session or more; of several given, those that are eligible. */
	async many(
		args: readonly unknown[],
		title: string,
		eligibility?: Eligibility,
	): Promise<readonly SessionRow[]> {
		const given = await this.given(args);
		if (given.length > 0) {
			return eligible(given, eligibility);
		}
		const rows = await this.choices(eligibility);
		const chosen = await this.prompts.pickMany(await this.toChoices(rows), {
			title,
			placeholder: vscode.l10n.t("Choose sessions"),
		});
		if (!chosen || chosen.length === 0) {
			throw new vscode.CancellationError();
		}
		return chosen;
	}

	/**
	 * The item a command was given; where nothing else was named, the one that has the focus in the transcript it is meant
	 * for. An item of another session's transcript is never meant.
	 */
	item(args: readonly unknown[]): string | undefined {
		const [first] = args;
		const given = itemIn(first);
		const isOfTranscript = first === undefined || isMenuContext(first);
		return given ?? (isOfTranscript ? this.panel(args)?.focused : undefined);
	}

	/** The transcript a command is meant for, if it is open. */
	panel(args: readonly unknown[]): TranscriptPanel | undefined {
		const [first] = args;
		const { active, all } = this.editors;
		if (first instanceof vscode.Uri) {
			const of = all.filter((panel) => panel.uri.toString() === first.toString());
			return of.find((panel) => panel === active) ?? of[0];
		}
		return active;
	}

	/** The sessions that `args` name, or the transcript in front shows; empty when the person has to be asked. */
	private async given(args: readonly unknown[]): Promise<SessionRow[]> {
		const [first, second] = args;
		const several: readonly unknown[] = Array.isArray(second) ? second : [];
		const inView = this.inView(first);
		const named = several.length > 0 ? several : (inView ?? [first]);
		const references = named.map(referenceIn).filter((each) => each !== undefined);
		if (inView && references.length === 0) {
			// A key on a group, or on nothing: it does nothing, as in every tree.
			throw new vscode.CancellationError();
		}
		if (references.length === 0 && (first === undefined || isMenuContext(first))) {
			const panel = this.editors.active;
			if (panel?.session) {
				references.push(panel.session);
			} else if (panel && panel.uri.scheme === "file") {
				throw new HumanError(
					"no-session",
					vscode.l10n.t(
						"This transcript is of a file that is in no list of sessions. Import it first; nothing was changed.",
					),
				);
			}
		}
		return Promise.all(references.map(({ id, folder }) => this.reader.find(id, folder)));
	}

	private inView(argument: unknown): readonly unknown[] | undefined {
		const view = property(argument, "view");
		const shelf = shelves.find((each): each is Shelf => each === view);
		return shelf && this.views.meant(shelf);
	}

	private async choices(eligibility: Eligibility | undefined): Promise<readonly SessionRow[]> {
		this.catalogue.start();
		await this.catalogue.listed;
		const rows = this.list.rows.filter((row) => !eligibility || eligibility.accepts(row));
		if (rows.length === 0) {
			throw new HumanError(
				"no-sessions",
				vscode.l10n.t("There is no session that this can be done with."),
			);
		}
		return inSlices(sorted(rows, sorter("updated")));
	}

	private async toChoices(rows: readonly SessionRow[]): Promise<Choice<SessionRow>[]> {
		const now = Date.now();
		const style = { times: this.times, agents: true };
		const choices: Choice<SessionRow>[] = [];
		await inSlices(
			forEach(rows, (row) => {
				const description = rowDescription(row.summary, style, now);
				choices.push({ label: plainText(titleOf(row.summary)), description, value: row });
			}),
		);
		return choices;
	}
}

/** For commands that write: our own sessions only. */
export function ownOnly(
	what: (row: SessionRow["summary"]) => boolean = () => true,
	otherwise?: string,
): Eligibility {
	return {
		accepts: (row) => row.summary.source === "skein" && what(row.summary),
		otherwise:
			otherwise ??
			vscode.l10n.t(
				"This session belongs to its agent and is read-only. Import or fork it first; nothing was changed.",
			),
	};
}

/** For commands that change a session's name or archive mark: our own sessions and Codex's. */
export function nameableOnly(
	what: (row: SessionRow["summary"]) => boolean = () => true,
	otherwise?: string,
): Eligibility {
	return {
		...ownOnly(what, otherwise),
		accepts: ({ summary }) => isNameable(summary) && what(summary),
		admits: ({ summary }) => isNameable(summary),
	};
}

function eligible(
	rows: readonly SessionRow[],
	eligibility: Eligibility | undefined,
): readonly SessionRow[] {
	if (!eligibility) {
		return rows;
	}
	const accepted = rows.filter(eligibility.accepts);
	if (accepted.length > 0) {
		return accepted;
	}
	const foreign = rows.find((row) => row.summary.source !== "skein" && !eligibility.admits?.(row));
	throw new HumanError(
		foreign ? "read-only" : "not-eligible",
		foreign
			? vscode.l10n.t(
					'"{0}" belongs to {1} and is read-only. Import or fork it first; nothing was changed.',
					titleOf(foreign.summary),
					agentLabel(foreign.summary.source),
				)
			: eligibility.otherwise,
	);
}

function referenceIn(value: unknown): Reference | undefined {
	if (typeof value === "string") {
		return { id: value, folder: undefined };
	}
	if (value instanceof vscode.Uri) {
		const id = sessionIdOf(value);
		return value.scheme === "file" || !id ? undefined : { id, folder: undefined };
	}
	const id = property(value, "id");
	const folder = property(value, "folder");
	return typeof id === "string"
		? { id, folder: typeof folder === "string" ? folder : undefined }
		: undefined;
}

/** An item named by a caller (`item`) or by the context menu of the page (`itemId`). */
function itemIn(value: unknown): string | undefined {
	for (const name of ["item", "itemId"]) {
		const item = property(value, name);
		if (typeof item === "string") {
			return item;
		}
	}
	return undefined;
}

function isMenuContext(value: unknown): boolean {
	return property(value, "webview") !== undefined || value instanceof vscode.Uri;
}

function property(value: unknown, name: string): unknown {
	return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
