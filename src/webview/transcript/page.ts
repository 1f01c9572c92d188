import type { Item } from "../../core/model/item.ts";
import type { KeptPrompts } from "../../protocol/live.ts";
import type { ReplayAction, ToTranscript, TranscriptViewState } from "../../protocol/webview.ts";
import { Approvals, type OpenApproval } from "./approvals.ts";
import type { ItemContext } from "./context.ts";
import { Feed } from "./feed.ts";
import { ItemActions } from "./itemActions.ts";
import { followLink } from "./links.ts";
import { LiveTexts } from "./live/liveTexts.ts";
import { TranscriptModel } from "./model.ts";
import { onNewDay } from "./newDay.ts";
import { firstLine } from "./pure/visibleText.ts";
import { listenForReplayKeys, Replay } from "./replay.ts";
import type { ReplayView } from "./replayBar.ts";
import { RovingFocus } from "./roving.ts";
import { anchorInView, ScrollKeeper } from "./scroll.ts";
import { WholeTexts } from "./texts.ts";
import { keepState, post } from "./vscodeApi.ts";
import type { Words } from "./words.ts";

type Load = Extract<ToTranscript, { type: "load" }>;
type Update = Extract<ToTranscript, { type: "update" }>;
type Rest = Extract<ToTranscript, { type: "rows" }>;
type Live = Extract<ToTranscript, { type: "live" }>;
type ApprovalsNow = Extract<ToTranscript, { type: "approvals" }>;

interface Surroundings {
	/** Something outside the feed looks different now. */
	changed(): void;
	announce(sentence: string): void;
	/** What of the person's prompts has to be kept. */
	prompts(): KeptPrompts;
}

/** Room left above a row that is shown on purpose, in px: the header may stand there. */
const headroom = 56;

/** One loaded transcript on the page: wires the model to feed, scrolling, focus and replay. */
export class Page {
	readonly model: TranscriptModel;
	readonly replay: Replay;
	readonly context: ItemContext;
	/** True when the end is well out of view. */
	away = false;
	/** True when rows came that the reader has not seen. */
	unseen = false;
	private readonly texts: WholeTexts;
	private readonly live = new LiveTexts();
	private readonly approvals = new Approvals(post);
	private readonly words: Words;
	private readonly around: Surroundings;
	private readonly load: Load;
	private readonly kept: TranscriptViewState | undefined;
	private readonly closing = new AbortController();
	private feed: Feed | undefined;
	private scroll: ScrollKeeper | undefined;
	private roving: RovingFocus | undefined;
	private saving: ReturnType<typeof setTimeout> | undefined;
	private painted = false;
	private wantsReplay: boolean;
	/** Where the reader wants to be is known when the other rows are there. */
	private isWaiting = false;

	constructor(
		load: Load,
		words: Words,
		kept: TranscriptViewState | undefined,
		around: Surroundings,
	) {
		this.load = load;
		this.wantsReplay = load.replay;
		this.kept = kept;
		this.words = words;
		this.around = around;
		this.model = new TranscriptModel(load, kept?.open ?? []);
		this.texts = new WholeTexts((item, field) => post({ type: "getText", item, field }));
		this.context = {
			model: this.model,
			words,
			texts: this.texts,
			live: this.live,
			approvals: this.approvals,
			post,
			toggle: (key, row) => this.toggle(key, row),
			redraw: (id) => this.feed?.redraw(id),
			redrawApproval: (approval) => this.redrawApproval(approval),
		};
		this.replay = new Replay(
			this.model,
			(before, now) => this.replayMoved(before, now),
			() => this.replayChanged(),
		);
	}

	/** The feed's element is in the page: draw, and go to where the reader wants to be. */
	open(element: HTMLElement): void {
		const feed = new Feed(element, this.context);
		this.feed = feed;
		this.scroll = new ScrollKeeper(
			element,
			(id) => {
				const row = this.model.indexOf(id);
				return row === undefined ? undefined : feed.reach(row);
			},
			() => this.looked(),
			this.closing.signal,
		);
		this.roving = new RovingFocus({
			element,
			lastRow: () => this.model.shown - 1,
			indexOf: (id) => this.model.indexOf(id),
			reach: (row) => feed.reach(row),
		});
		new ItemActions(element, this.context);
		element.addEventListener("click", followLink);
		onNewDay(() => feed.redrawAll(), this.closing.signal);
		listenForReplayKeys(this.replay, this.closing.signal);
		this.start();
		this.announcePaint();
	}

	close(): void {
		this.closing.abort();
		clearTimeout(this.saving);
		if (this.replay.active) {
			this.replay.act("stop");
		}
	}

	receivePage(page: number, items: readonly Item[]): void {
		this.model.receive(page, items);
		for (const item of items) {
			this.live.received(item);
		}
		const first = items[0];
		const last = items.at(-1);
		if (first && last) {
			const from = this.model.indexOf(first.id);
			const to = this.model.indexOf(last.id);
			if (from !== undefined && to !== undefined) {
				this.feed?.redrawRows(from, to + 1);
			}
		}
		this.roving?.settle();
		this.announcePaint();
	}

	receiveText(item: string, field: string, text: string): void {
		this.texts.receive(item, field, text);
		this.model.toggled.add(`all:${item}:${field}`);
		this.scroll?.release();
		this.feed?.redraw(item);
	}

	/** Text of items under way: rows that have some already take it by themselves. */
	receiveLive({ texts }: Live): void {
		const running = texts.filter(({ item }) => {
			const known = this.model.item(item);
			return known === undefined || known.status === "running";
		});
		const begun = this.live.take(running);
		for (const id of begun) {
			this.feed?.redraw(id);
		}
		for (const { item, field } of running) {
			if (field === "output") {
				this.live.drawOutput(item, this.words.say("detail.output"));
			}
		}
		if (
			begun.some((id) =>
				running.some((each) => each.item === id && each.itemType === "agentMessage"),
			)
		) {
			this.around.announce(this.words.say("run.begun"));
		}
	}

	/** Returns the questions that are new. */
	receiveApprovals(message: ApprovalsNow): readonly OpenApproval[] {
		const { fresh, items } = this.approvals.take(message);
		for (const id of items) {
			this.feed?.redraw(id);
		}
		this.around.changed();
		for (const { title } of fresh) {
			this.around.announce(this.words.say("approval.waits", firstLine(title)));
		}
		return fresh;
	}

	releaseApproval(id: string): void {
		const approval = this.approvals.release(id);
		if (approval) {
			this.redrawApproval(approval);
		}
	}

	/** Open questions that belong to no row of the chain shown. */
	get looseApprovals(): readonly OpenApproval[] {
		return this.approvals.open.filter(
			({ item }) => item === null || this.model.indexOf(item) === undefined,
		);
	}

	/** Keeps the end in view when something beside the feed has changed its height. */
	settle(): void {
		this.scroll?.settle();
	}

	/** Keeps what was typed over a reload, at once: that may be the next thing to happen. */
	keep(): void {
		clearTimeout(this.saving);
		keepState(this.viewState());
	}

	update(change: Update): void {
		// What streams is ahead of the journal: its rows need nothing of it until they are whole.
		const changed = change.changed.filter((row) => !this.live.has(this.model.rows[row]?.id ?? ""));
		const update = { ...change, changed };
		const before = this.model.rows.length;
		for (const index of update.changed) {
			const row = this.model.rows[index];
			if (row) {
				this.texts.forget(row.id);
			}
		}
		const from = this.model.update(update);
		this.feed?.resize(from);
		for (const index of update.changed) {
			this.feed?.redrawRows(index, index + 1);
		}
		if (this.model.rows.length > before && !this.scroll?.following) {
			this.unseen = true;
		}
		this.scroll?.settle();
		this.roving?.settle();
	}

	/** The rest of the rows: what is in view stays where it is. */
	extend(rest: Rest): void {
		const { scroll, feed, model } = this;
		const held = scroll?.following ? undefined : anchorInView();
		const focused = document.activeElement?.closest<HTMLElement>("article")?.dataset["id"];
		model.extend(rest);
		feed?.restart();
		if (this.isWaiting) {
			this.isWaiting = false;
			this.start();
		} else if (held && scroll && !scroll.holdsRow) {
			scroll.toRow(held);
			scroll.release();
		}
		scroll?.settle();
		const focusedRow = focused === undefined ? undefined : model.indexOf(focused);
		if (focusedRow !== undefined) {
			this.roving?.focusRow(focusedRow);
		}
		this.roving?.settle();
	}

	control(action: ReplayAction): void {
		if (this.model.isPartial && action === "start") {
			this.wantsReplay = true;
			this.isWaiting = true;
		} else {
			this.replay.act(action);
		}
	}

	private requested: string | undefined;

	reveal(id: string): void {
		const index = this.model.indexOf(id);
		if (index === undefined) {
			if (this.model.isPartial) {
				this.requested = id;
				this.isWaiting = true;
			}
			return;
		}
		if (!this.scroll) {
			// The rows are known and not drawn yet: `start` goes there.
			this.requested = id;
			return;
		}
		if (this.replay.active) {
			this.replay.act("stop");
		}
		for (const entry of this.foldsOver(index)) {
			if (!this.model.toggled.has(entry)) {
				this.toggle(entry, id);
			}
		}
		this.scroll.toRow({ id, offset: headroom });
		this.roving?.focusRow(index);
		const element = this.feed?.reach(index);
		element?.classList.remove("revealed");
		requestAnimationFrame(() => element?.classList.add("revealed"));
	}

	toEnd(): void {
		this.unseen = false;
		this.scroll?.toEnd();
		this.around.changed();
	}

	forkHere(): void {
		const row = this.model.rows[this.replay.position];
		if (row?.kind === "item") {
			post({ type: "itemAction", action: "fork", item: row.id });
		}
	}

	replayView(): ReplayView {
		return {
			playing: this.replay.playing,
			speed: this.replay.speed,
			item: this.replay.position + 1,
			items: this.model.rows.length,
			turn: this.model.turnNumber(this.replay.position),
			canFork: this.model.header.capabilities.fork,
			words: this.words,
		};
	}

	private start(): void {
		const replay = this.wantsReplay;
		const reveal = this.requested ?? this.load.reveal;
		const anchor = this.kept?.following ? undefined : this.kept?.anchor;
		const wanted = reveal ?? anchor?.id;
		const isKnown = wanted === undefined || this.model.indexOf(wanted) !== undefined;
		if (this.model.isPartial && (replay || (this.kept?.replay && !reveal) || !isKnown)) {
			// Where the reader wants to be is among the rows that are still to come.
			this.isWaiting = true;
			this.scroll?.toEnd();
		} else if (replay) {
			this.replay.act("start");
		} else if (reveal !== undefined && this.model.indexOf(reveal) !== undefined) {
			this.reveal(reveal);
		} else if (this.kept?.replay) {
			this.replay.resume(this.kept.replay.position, this.kept.replay.speed);
		} else if (anchor && this.model.indexOf(anchor.id) !== undefined) {
			this.scroll?.toRow(anchor);
		} else {
			this.scroll?.toEnd();
		}
		this.roving?.settle();
	}

	private redrawApproval(approval: OpenApproval): void {
		if (approval.item !== null && this.model.indexOf(approval.item) !== undefined) {
			this.feed?.redraw(approval.item);
		} else {
			this.around.changed();
		}
	}

	private foldsOver(index: number): string[] {
		return this.model.blocks
			.filter((block) => block.fold && block.from <= index && index < block.to)
			.map((block) => this.model.foldKey(block));
	}

	private toggle(key: string, row: string): void {
		if (this.model.toggled.has(key)) {
			this.model.toggled.delete(key);
		} else {
			this.model.toggled.add(key);
		}
		// What was opened is being read: the end must not pull it away.
		this.scroll?.release();
		if (row === "") {
			this.around.changed();
		} else {
			this.feed?.redraw(row);
			this.roving?.settle();
		}
		this.save();
	}

	/** After every scroll and every change of height. */
	private looked(): void {
		this.feed?.update();
		const { scroll } = this;
		if (scroll) {
			const left = document.documentElement.scrollHeight - window.innerHeight - window.scrollY;
			const away = left > window.innerHeight / 2;
			const seen = this.unseen && scroll.atEnd;
			if (away !== this.away || seen) {
				this.away = away;
				this.unseen = this.unseen && !seen;
				this.around.changed();
			}
		}
		this.save();
	}

	private replayMoved(before: number, now: number): void {
		this.feed?.move(before, now);
		if (this.replay.active) {
			this.scroll?.toEnd();
		} else {
			this.scroll?.settle();
		}
		this.roving?.settle();
	}

	private replayChanged(): void {
		const { replay, model } = this;
		const row = model.rows[replay.position];
		post({
			type: "replayState",
			active: replay.active,
			playing: replay.playing,
			position: replay.position,
			item: replay.active && row?.kind === "item" ? row.id : null,
		});
		if (replay.active) {
			const view = this.replayView();
			this.around.announce(this.words.say("replay.position", view.item, view.items, view.turn));
		} else {
			this.around.announce("");
		}
		this.around.changed();
		this.save();
	}

	private save(): void {
		clearTimeout(this.saving);
		this.saving = setTimeout(() => keepState(this.viewState()), 150);
	}

	private viewState(): TranscriptViewState {
		const anchor = anchorInView();
		return {
			uri: this.model.uri,
			...(anchor ? { anchor } : {}),
			following: this.scroll?.following ?? true,
			open: [...this.model.toggled],
			...this.around.prompts(),
			...(this.replay.active
				? { replay: { position: this.replay.position, speed: this.replay.speed } }
				: {}),
		};
	}

	private announcePaint(): void {
		if (this.painted) {
			return;
		}
		const rows = this.feed?.drawnRows() ?? 0;
		if (rows > 0 || this.model.rows.length === 0) {
			this.painted = true;
			requestAnimationFrame(() =>
				requestAnimationFrame(() => {
					// Benchmarks read it: the message to the host comes later.
					performance.mark("painted");
					post({ type: "painted", rows });
				}),
			);
		}
	}
}
