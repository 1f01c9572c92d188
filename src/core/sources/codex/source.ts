import { stat } from "node:fs/promises";
import * as path from "node:path";
import { causeInWords, HumanError } from "../../../base/errors.ts";
import type { Locations } from "../../locations.ts";
import type { SessionSummary } from "../../model/summary.ts";
import type { Transcript } from "../../transcript/transcript.ts";
import type {
	AdoptableSession,
	RawSourceFile,
	Source,
	SourceFile,
	SourceFileFacts,
} from "../source.ts";
import { adoptableOf, rawFilesOf } from "./adopt.ts";
import { factsOf, knownFacts, type RolloutFacts } from "./facts.ts";
import { CodexHome } from "./home.ts";
import { isRolloutName, parseRolloutName } from "./names.ts";
import { Rollout } from "./rollout.ts";
import { sourceName, summarizeThread } from "./summary.ts";
import { CodexThread } from "./thread.ts";
import { CodexThreadMetadata } from "./threadMetadata.ts";
import { CodexTranscript } from "./transcript.ts";

/** Codex's sessions: what lies in `CODEX_HOME`, else `~/.codex`. */
export function createCodexSource(locations: Locations, clock = Date.now): Source {
	return new CodexSource(CodexHome.of(locations), new CodexThreadMetadata(locations, { clock }));
}

class CodexSource implements Source {
	readonly name = sourceName;
	readonly label = "Codex";
	readonly roots: readonly string[];
	readonly sideFiles: readonly string[];
	readonly metadata: CodexThreadMetadata;
	private readonly home: CodexHome;
	/** Paths of each thread's rollouts, from the last list. */
	private pathsByThread = new Map<string, string[]>();

	constructor(home: CodexHome, metadata: CodexThreadMetadata) {
		this.home = home;
		this.metadata = metadata;
		this.roots = [home.sessions, home.archived];
		this.sideFiles = [home.indexFile];
	}

	async discover(report: (path: string, reason: string) => void): Promise<SourceFile[]> {
		await this.home.threadNames(report);
		return await this.home.rollouts(report);
	}

	async readFacts(file: SourceFile): Promise<unknown> {
		// Facts are read in a worker, thousands one after another.
		const rollout = new Rollout(file.path);
		await rollout.loadBlocking();
		return factsOf(rollout);
	}

	async summarize(files: readonly SourceFileFacts[]): Promise<SessionSummary[]> {
		const names = await this.home.threadNames();
		const threads = new Map<string, RolloutFacts[]>();
		for (const file of files) {
			const facts = knownFacts(file.facts);
			if (facts) {
				const known = threads.get(facts.thread);
				if (known) {
					known.push(facts);
				} else {
					threads.set(facts.thread, [facts]);
				}
			}
		}
		this.pathsByThread = new Map(
			[...threads].map(([thread, facts]) => [thread, facts.map((each) => each.path)]),
		);
		const context = {
			rolloutsOf: (thread: string) => threads.get(thread) ?? [],
			nameOf: (thread: string) => names.get(thread),
			isArchived: (file: string) => this.home.isArchived(file),
		};
		return [...threads.values()].map((facts) => summarizeThread(facts, context));
	}

	async open(summary: SessionSummary): Promise<Transcript> {
		return await CodexTranscript.of(await this.load(summary), [this.home.indexFile]);
	}

	async rawFiles(summary: SessionSummary): Promise<readonly RawSourceFile[]> {
		return await rawFilesOf(await this.load(summary));
	}

	async adoptable(summary: SessionSummary): Promise<AdoptableSession> {
		return await adoptableOf(await this.load(summary), Date.now());
	}

	claims(file: string, head: Uint8Array): boolean {
		if (isRolloutName(path.basename(file))) {
			return true;
		}
		const start = Buffer.from(head).toString("utf8").trimStart();
		return (
			/^\{"timestamp":"[^"]*",(?:"ordinal":\d+,)?"type":"session_meta","payload":\{/.test(start) ||
			/^\{"id":"[^"]+","timestamp":"[^"]+","instructions":/.test(start) ||
			/^\{\s*"session":\s*\{[^}]*"id":[^}]*\},\s*"items":\s*\[/.test(start)
		);
	}

	async openFile(file: string): Promise<Transcript> {
		const full = path.resolve(file);
		try {
			await stat(full);
		} catch (thrown) {
			throw new HumanError(
				"unreadable-file",
				`${full} could not be opened: ${causeInWords(thrown)}.`,
				{ cause: thrown },
			);
		}
		const home = CodexHome.around(full);
		const probe = new Rollout(full);
		await probe.load();
		const thread = new CodexThread({
			thread: probe.thread,
			home,
			only: full,
			locate: (wanted) => pathsAround(full, wanted, home),
		});
		await thread.load([full]);
		return await CodexTranscript.of(thread, home ? [home.indexFile] : []);
	}

	private async load(summary: SessionSummary): Promise<CodexThread> {
		const id = summary.id.slice(sourceName.length + 1);
		const thread = new CodexThread({
			thread: id,
			home: this.home,
			locate: (wanted) => this.locate(wanted),
		});
		const known = [summary.file, ...(await this.locate(id))];
		// A revert since the last list has written a newer file.
		const beside = await this.home.rolloutsBeside(id, known, new Date());
		await thread.load([...known, ...beside]);
		return thread;
	}

	private async locate(thread: string): Promise<readonly string[]> {
		return this.pathsByThread.get(thread) ?? (await this.home.rolloutsNamed(thread));
	}
}

/** Rollouts of a thread near a file that was opened by its path: in its folder, or in the Codex home around it. */
async function pathsAround(
	file: string,
	thread: string,
	home: CodexHome | undefined,
): Promise<string[]> {
	const folder = new CodexHome(path.dirname(file));
	const beside = await folder.rolloutsBeside(thread, [file], new Date(0));
	const inHome = home ? await home.rolloutsNamed(thread) : [];
	const known = new Set(beside.map((each) => parseRolloutName(each).plain));
	return [...beside, ...inHome.filter((each) => !known.has(parseRolloutName(each).plain))];
}
