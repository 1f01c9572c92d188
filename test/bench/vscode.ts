import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CDPSession, Frame, Locator, Page } from "playwright-core";
import { repository } from "../../scripts/lib/paths.ts";
import { run } from "../../scripts/lib/processes.ts";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { userLocations } from "../../src/core/locations.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import {
	eventually,
	type Folders,
	openVSCode,
	personEnv,
	type VSCodeWindow,
} from "../e2e/harness.ts";
import { writeStore } from "./datasets.ts";
import { everythingAtOnce } from "./everything.ts";
import { frames, scrolled } from "./frames.ts";
import { samples } from "./measure.ts";
import { dataSet, scratch } from "./place.ts";
import { ms, type Row, type Section, spread } from "./table.ts";

const megabyte = 2 ** 20;

const viewport = { viewport: { width: 1280, height: 800 } };

interface Activated {
	readonly pid: number;
	readonly load: number;
	readonly activate: number;
}

interface Memory {
	/** Bytes that V8 holds, and buffers. */
	readonly heap: number;
	readonly rss: number;
}

/** What only VS Code itself can show, measured in its server's window: activation, tree, transcripts, memory. */
export async function insideVSCode(quick: boolean): Promise<Section> {
	const sessions = quick ? 1000 : 10_000;
	const items = quick ? 10_000 : 100_000;
	await run("npm", ["run", "--silent", "package"], { cwd: repository });
	const vsix = fs.statSync(path.join(repository, "out/skein.vsix")).size / megabyte;
	// Over most of a year, as people make them.
	const set = dataSet(`store-${sessions}-apart`, (into) =>
		writeStore(into, { sessions, items: 8, words: 20, apart: 3_000_000 }),
	);
	const long = dataSet(`long-${items}`, (into) =>
		writeStore(into, { sessions: 1, items, words: 140 }),
	);
	const journals = path.join(long, ".vscode/skein/sessions");
	const [name = ""] = fs.readdirSync(journals);
	const id = name.slice(0, -".jsonl".length);
	const probe = scratch();
	await using window = await openVSCode({
		workspace: "empty",
		sessions: "none",
		extension: extensionWithProbe(),
		env: { SKEIN_PROBE: probe },
		prepare: async (folders) => {
			const store = path.join(folders.folder, ".vscode/skein");
			const options = { recursive: true, preserveTimestamps: true } as const;
			fs.cpSync(path.join(set, ".vscode/skein"), store, options);
			fs.cpSync(path.join(journals, name), path.join(store, "sessions", name), options);
			await warm(folders);
		},
	});
	const lab = new Lab(window, probe, id);
	try {
		const empty = await emptyExtension();
		return await measured(lab, {
			empty,
			quick,
			sessions,
			items,
			vsix,
			file: path.join(journals, name),
		});
	} catch (error) {
		await window.keepScreenshot("bench-failed");
		window.keepLogs("bench-failed");
		throw error;
	}
}

interface Sizes {
	readonly empty: Memory;
	readonly quick: boolean;
	readonly sessions: number;
	readonly items: number;
	/** MB */
	readonly vsix: number;
	/** The long session's journal. */
	readonly file: string;
}

async function measured(
	lab: Lab,
	{ empty, quick, sessions, items, vsix, file }: Sizes,
): Promise<Section> {
	const starts = await lab.starts(quick ? 2 : 5);
	const listed = await lab.memory();
	const opened = await lab.opens(quick ? 2 : 5);
	const held = await lab.memory();
	const scroll = await lab.scroll();
	const page = await lab.pageHeap();
	const small = await lab.smallOpens(quick ? 2 : 5);
	await lab.closeAll();
	const folded = await lab.openUnindexed();
	const everything = await everythingAtOnce(lab.window.page.context(), file);
	const many = sessions.toLocaleString("en");
	const rows = items.toLocaleString("en");
	const budget = (text: string, ok: boolean) => (quick ? {} : { budget: text, ok });
	const growth = (held.heap - listed.heap) / megabyte;
	const more = (listed.heap - empty.heap) / megabyte;
	const paint = samples(opened);
	const list: Row[] = [
		{
			what: `activate() with ${many} sessions in the store`,
			ours: spread(starts.activate),
			against: `loading its code, ${ms(starts.load.median)}`,
			...budget("<= 50 ms", starts.activate.median <= 50),
		},
		{
			what: "the view opens: the tree's first rows painted",
			ours: spread(starts.tree),
			...budget("<= 150 ms", starts.tree.median <= 150),
		},
		{
			what: `the extension host's heap with ${many} sessions listed, above an empty extension`,
			ours: `${more.toFixed(0)} MB`,
			against: `the whole process, its worker included: ${((listed.rss - empty.rss) / megabyte).toFixed(0)} MB`,
			...budget("<= 60 MB", more <= 60),
		},
		{
			what: `a session of ${rows} items is opened: its first items painted`,
			ours: spread(paint),
			against: `a session of 8 items, ${spread(samples(small))}`,
			...budget("<= 300 ms", paint.median <= 300),
		},
		{
			what: "the same before the index has it: folded",
			ours: ms(folded),
		},
		{
			what: "scrolling in it, p95 of the time between two frames",
			ours: ms(scroll.p95),
			against: `all of it rendered at once, ${ms(everything.scroll.p95)}`,
			...budget("<= 34 ms", scroll.p95 <= 34),
		},
		{
			what: "scrolling in it, the longest task of the page",
			// The browser tells of tasks over 50 ms only.
			ours: scroll.longestTask > 0 ? ms(scroll.longestTask) : "none over 50 ms",
			against: `all of it rendered at once, ${ms(everything.scroll.longestTask)}; to its first paint ${ms(everything.paint)}`,
			...budget("<= 50 ms", scroll.longestTask <= 50),
		},
		{
			what: "the page's heap with it",
			ours: `${(page.heap / megabyte).toFixed(0)} MB`,
			against: `nodes in the page: ${page.nodes.toLocaleString("en")}; all of it rendered at once, ${everything.nodes.toLocaleString("en")}`,
			...budget("<= 150 MB", page.heap / megabyte <= 150),
		},
		{
			what: "what the extension host's heap grows by with it",
			ours: `${growth.toFixed(1)} MB`,
			...budget("<= 50 MB", growth <= 50),
		},
		{
			what: "the package (VSIX)",
			ours: `${vsix.toFixed(2)} MB`,
			budget: "<= 1 MB",
			ok: vsix <= 1,
		},
	];
	return {
		title: "Inside VS Code",
		rows: list,
		notes: [
			"VS Code's own server and web workbench in Chromium, without a graphics card, on the same two processors as everything else. Opening is timed from the command to the frame that shows the first items; the editor, the web view and its page are new each time.",
		],
	};
}

/** The built extension, with a probe before it. */
function extensionWithProbe(): string {
	const folder = scratch();
	for (const name of ["dist", "media", "l10n", "package.nls.json", "LICENSE", "README.md"]) {
		fs.cpSync(path.join(repository, name), path.join(folder, name), { recursive: true });
	}
	const manifest = JSON.parse(fs.readFileSync(path.join(repository, "package.json"), "utf8"));
	fs.writeFileSync(
		path.join(folder, "package.json"),
		JSON.stringify({ ...manifest, main: "./probe.cjs" }),
	);
	fs.copyFileSync(path.join(import.meta.dirname, "probe.cjs"), path.join(folder, "probe.cjs"));
	return folder;
}

/** The memory of an extension host with the probe alone. */
async function emptyExtension(): Promise<Memory> {
	const folder = scratch();
	const probe = scratch();
	const manifest = {
		name: "empty",
		publisher: "skein",
		version: "1.0.0",
		engines: { vscode: "^1.100.0" },
		activationEvents: ["*"],
		main: "./probe.cjs",
	};
	fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
	fs.copyFileSync(path.join(import.meta.dirname, "probe.cjs"), path.join(folder, "probe.cjs"));
	await using window = await openVSCode({
		workspace: "empty",
		sessions: "none",
		extension: folder,
		env: { SKEIN_PROBE: probe },
	});
	const lab = new Lab(window, probe, "");
	// VS Code's own extensions start one after another, and the host itself may be started again at first.
	await sleep(15_000);
	await lab.attach();
	// The window is closed when this function ends, and must have answered by then.
	return await lab.ask<Memory>({});
}

/** As a user's machine is who has opened this folder before. */
async function warm(folders: Folders): Promise<void> {
	const locations = userLocations(personEnv(folders));
	const catalogue = new Catalogue({
		folders: [folders.folder],
		sources: [],
		locations,
		keepCopies: false,
	});
	await catalogue.list();
	catalogue.dispose();
	const store = new WorkspaceStore(folders.folder, locations);
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	await index.update();
	index.close();
	await store.close();
}

/** ms from the click on Skein's icon to the frame that has rows. */
async function treePaint(page: Page, tab: Locator): Promise<number> {
	await page.evaluate(`void (window.treePainted = new Promise((resolve) => {
			addEventListener("mousedown", () => {
				const began = performance.now();
				const look = () => document.querySelector(".part.sidebar .pane-body [role=treeitem]")
					? requestAnimationFrame(() => resolve(performance.now() - began))
					: requestAnimationFrame(look);
				look();
			}, { once: true, capture: true });
		}))`);
	await tab.click();
	await page.locator(".part.sidebar").getByRole("treeitem").first().waitFor();
	return await page.evaluate<number>("window.treePainted");
}

class Lab {
	readonly window: VSCodeWindow;
	private readonly probe: string;
	private readonly long: string;
	/** Process of the extension host that is asked. */
	private host = 0;

	constructor(window: VSCodeWindow, probe: string, long: string) {
		this.window = window;
		this.probe = probe;
		this.long = long;
	}

	/** Windows that open: activation, and the tree when its view is opened. */
	async starts(times: number) {
		const all = [await this.start(this.window.page)];
		for (let run = 1; run < times; run++) {
			// Somebody else's browser: a window that was opened before remembers which view was in front.
			const context = await this.window.page.context().browser()?.newContext(viewport);
			const page = await context?.newPage();
			await page?.goto(this.window.page.url());
			if (context && page) {
				all.push(await this.start(page));
				await context.close();
			}
		}
		this.host = (all[0] as Activated).pid;
		const of = (pick: (one: (typeof all)[number]) => number) => samples(all.map(pick));
		return {
			load: of(({ load }) => load),
			activate: of(({ activate }) => activate),
			tree: of(({ tree }) => tree),
		};
	}

	private async start(page: Page): Promise<Activated & { tree: number }> {
		const tab = page.locator(".part.activitybar").getByRole("tab", { name: /^Skein/ });
		await tab.waitFor({ timeout: 120_000 });
		const activated = await this.read<Activated>("activated");
		fs.rmSync(path.join(this.probe, "activated"));
		return { ...activated, tree: await treePaint(page, tab) };
	}

	/** Finds the extension host of the window. */
	async attach(): Promise<void> {
		this.host = (await this.read<Activated>("activated")).pid;
	}

	/** Memory once the list is complete. */
	async memory(): Promise<Memory> {
		await this.ask({ command: "skein.refresh" });
		return this.ask<Memory>({});
	}

	opens(times: number): Promise<number[]> {
		return this.repeat(times, this.long, () => this.complete());
	}

	async smallOpens(times: number): Promise<number[]> {
		const names = fs.readdirSync(path.join(this.window.folders.folder, ".vscode/skein/sessions"));
		const [other = ""] = names.filter((name) => !name.startsWith(this.long)).slice(-1);
		return this.repeat(times, other.slice(0, -".jsonl".length));
	}

	private async repeat(
		times: number,
		id: string,
		after: () => Promise<unknown> = () => Promise.resolve(),
	): Promise<number[]> {
		const found: number[] = [];
		for (let run = 0; run < times; run++) {
			await this.closeAll();
			found.push(await this.open(id));
			// What goes on after the paint is not the next opening's.
			await after();
		}
		return found;
	}

	/** ms from the command to the frame that shows the first items. */
	private async open(id: string): Promise<number> {
		const { folder } = this.window.folders;
		const { began } = await this.ask<{ began: number }>({
			command: "skein.openSession",
			args: [{ id, folder }],
		});
		const painted = await eventually(
			() => this.painted(),
			(value) => value !== undefined,
			"The transcript that is painted",
		);
		return (painted ?? Number.NaN) - began;
	}

	/** Without an index a session is folded. The index is looked at first: it is taken away while nothing is open. */
	async openUnindexed(): Promise<number> {
		const locations = userLocations(personEnv(this.window.folders));
		const store = new WorkspaceStore(this.window.folders.folder, locations);
		const index = await SessionIndex.open({ stores: [store], sources: [], locations });
		const found = await index.outlinesOf(store.folder);
		found?.outlines.remove([this.long]);
		index.close();
		return this.open(this.long);
	}

	async closeAll(): Promise<void> {
		await this.ask({ command: "workbench.action.closeAllEditors" });
		await this.window.page.locator("iframe.webview").first().waitFor({ state: "detached" });
	}

	/** Scrolls up from the end as fast as a wheel is turned. */
	async scroll() {
		return scrolled(this.window.page, await this.complete());
	}

	/** The page once it has all rows. */
	private async complete(): Promise<Frame> {
		const frame = await this.frame();
		await eventually(
			() => frame.evaluate<number>("document.documentElement.scrollHeight / innerHeight"),
			(screens) => screens > 100,
			"How long the page is, in screens",
		);
		return frame;
	}

	/** Bytes of the page's heap after everything that can go is gone, and the nodes in its documents. */
	async pageHeap(): Promise<{ heap: number; nodes: number }> {
		const { page } = this.window;
		const frame = await this.frame();
		let session: CDPSession;
		try {
			session = await page.context().newCDPSession(frame);
		} catch {
			// A frame in the window's own process: its heap holds the workbench as well.
			session = await page.context().newCDPSession(page);
		}
		await session.send("HeapProfiler.collectGarbage");
		const { usedSize } = await session.send("Runtime.getHeapUsage");
		const { nodes } = await session.send("Memory.getDOMCounters");
		await session.detach();
		return { heap: usedSize, nodes };
	}

	private async frame(): Promise<Frame> {
		const element = await this.window.transcript().owner().elementHandle();
		const frame = await element?.contentFrame();
		if (!frame) {
			throw new Error("There is no transcript.");
		}
		return frame;
	}

	/** When the transcript in front was painted, ms since the epoch. */
	private async painted(): Promise<number | undefined> {
		for (const frame of frames(this.window.page)) {
			const at = await frame
				.evaluate<number | undefined>(
					"performance.timeOrigin + (performance.getEntriesByName('painted').at(-1)?.startTime ?? NaN)",
				)
				.catch(() => undefined);
			if (at !== undefined && !Number.isNaN(at)) {
				return at;
			}
		}
		return undefined;
	}

	async ask<T>(question: object): Promise<T> {
		fs.rmSync(path.join(this.probe, "answer"), { force: true });
		const file = path.join(this.probe, "ask");
		fs.writeFileSync(`${file}.tmp`, JSON.stringify({ ...question, pid: this.host }));
		fs.renameSync(`${file}.tmp`, file);
		return this.read<T>("answer");
	}

	private async read<T>(name: string): Promise<T> {
		const file = path.join(this.probe, name);
		// Longer than a test would wait: a window may open on a busy machine.
		for (const end = Date.now() + 180_000; !fs.existsSync(file); ) {
			if (Date.now() > end) {
				throw new Error(`The extension host has not answered: there is no ${name}.`);
			}
			await sleep(20);
		}
		return JSON.parse(fs.readFileSync(file, "utf8")) as T;
	}
}
