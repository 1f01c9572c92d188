import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { causeInWords } from "../../base/errors.ts";
import { LineSplitter } from "../rpc/lines.ts";
import type { AgentProgram } from "./agentProgram.ts";
import { endMarked, signalTree } from "./endProcess.ts";
import { childEnvironment } from "./environment.ts";
import type { ProcessIdentity, ProcessTable } from "./processTable.ts";

export interface ChildSpec {
	/** Value of `SKEIN_CHILD`. */
	readonly mark: string;
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
}

export interface ChildExit {
	readonly code: number | null;
	readonly signal: string | null;
	/** A sentence. */
	readonly reason: string;
}

export interface ChildOptions {
	/** What the child inherits, before it is scrubbed. */
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly processes: ProcessTable;
	/** stderr, and lines of stdout that are no protocol. */
	readonly onOutput: (stream: "stdout" | "stderr", text: string) => void;
	/** Waits of {@link Child.end}, ms. */
	readonly patience?: { readonly eof: number; readonly term: number };
}

/** A longer line of a child's stdout is thrown away. Bytes. */
const lineLimit = 32 * 1024 * 1024;
/** A line that makes no sense is logged up to here. */
const garbageShown = 2000;
/** Lines in a row that make no sense, after which the child is taken to be something else than an agent. */
const garbageLimit = 1000;
/** Last lines of stderr that are kept for the reason of an exit. */
const lastLines = 20;

/**
 * One agent process: started without a shell, in a process group of its own, with a scrubbed environment and
 * `SKEIN_CHILD`; read line by line.
 * Guarantees: at most one line of it is held in memory; when it is gone, {@link exited} resolves and nothing of its tree
 * that carries its mark is left.
 */
export class Child implements AgentProgram {
	readonly exited: Promise<ChildExit>;
	private readonly process: ChildProcessWithoutNullStreams;
	private readonly options: ChildOptions;
	private readonly mark: string;
	private readonly splitter = new LineSplitter(lineLimit);
	private listener: (line: string) => void = () => undefined;
	private closeListener: ((reason: string) => void) | undefined;
	private exit: ChildExit | undefined;
	private stderrTail: string[] = [];
	private garbage = 0;

	private constructor(
		process: ChildProcessWithoutNullStreams,
		mark: string,
		options: ChildOptions,
	) {
		this.process = process;
		this.mark = mark;
		this.options = options;
		this.exited = this.watch();
	}

	/** Starts the program. Resolves once it runs; rejects with the system's error when it cannot be started. */
	static async start(spec: ChildSpec, options: ChildOptions): Promise<Child> {
		const { mark, command, args, cwd } = spec;
		const started = spawn(command, args, {
			cwd,
			env: childEnvironment(options.environment, spec.env, mark),
			stdio: ["pipe", "pipe", "pipe"],
			shell: false,
			// Leads a group of its own, so that it can be ended with all it starts.
			detached: process.platform !== "win32",
			windowsHide: true,
		});
		const child = new Child(started, mark, options);
		await new Promise<void>((resolve, reject) => {
			started.once("spawn", resolve);
			started.once("error", reject);
		});
		return child;
	}

	get pid(): number {
		return this.process.pid ?? 0;
	}

	/** The newest lines of stderr. */
	get lastStderr(): readonly string[] {
		return this.stderrTail;
	}

	identity(): Promise<ProcessIdentity | undefined> {
		return this.options.processes.find(this.pid);
	}

	send(line: string): boolean {
		const { stdin } = this.process;
		return !stdin.destroyed && !stdin.writableEnded && stdin.write(`${line}\n`);
	}

	onLine(listener: (line: string) => void): void {
		this.listener = listener;
	}

	onClose(listener: (reason: string) => void): void {
		this.closeListener = listener;
		if (this.exit) {
			listener(this.exit.reason);
		}
	}

	pause(): void {
		this.process.stdout.pause();
	}
	resume(): void {
		this.process.stdout.resume();
	}

	reportGarbage(line: string): void {
		this.options.onOutput("stdout", `${line.slice(0, garbageShown)}\n`);
		this.garbage++;
		if (this.garbage >= garbageLimit) {
			void this.kill();
		}
	}

	/** A line made sense. */
	sane(): void {
		this.garbage = 0;
	}

	/** Ends the process as a tree: end of its input, then SIGTERM, then SIGKILL. Resolves when it is gone. */
	async end(): Promise<ChildExit> {
		const { eof, term } = this.options.patience ?? { eof: 2000, term: 2000 };
		this.process.stdin.end();
		if (!(await this.goneWithin(eof))) {
			await signalTree(this.pid, "SIGTERM");
			if (!(await this.goneWithin(term))) {
				await signalTree(this.pid, "SIGKILL");
			}
		}
		return this.exited;
	}

	/** Ends the tree at once. */
	async kill(): Promise<ChildExit> {
		if (!this.exit) {
			await signalTree(this.pid, "SIGKILL");
		}
		return this.exited;
	}

	private async goneWithin(ms: number): Promise<boolean> {
		let timer: NodeJS.Timeout | undefined;
		const waited = new Promise<boolean>((resolve) => {
			timer = setTimeout(() => resolve(false), ms);
		});
		const gone = await Promise.race([this.exited.then(() => true), waited]);
		clearTimeout(timer);
		return gone;
	}

	private watch(): Promise<ChildExit> {
		const { stdout, stderr, stdin } = this.process;
		// A child that is gone breaks the pipe; its exit tells more.
		stdin.on("error", () => undefined);
		stdout.on("error", () => undefined);
		stderr.on("error", () => undefined);
		stdout.on("data", (chunk: Buffer) => this.read(chunk));
		stderr.on("data", (chunk: Buffer) => this.readStderr(chunk.toString("utf8")));
		return new Promise((resolve) => {
			this.process.once("error", (error) => {
				if (this.process.pid === undefined) {
					const reason = `It could not be started: ${causeInWords(error)}.`;
					resolve(this.settle({ code: null, signal: null, reason }));
				}
			});
			// Not `close`: a grandchild that holds the pipes would keep that from coming.
			this.process.once("exit", (code, signal) => {
				void this.afterExit(code, signal).then(resolve);
			});
		});
	}

	/** Ends what is left of the tree, then lets what the pipes still hold be read. */
	private async afterExit(code: number | null, signal: NodeJS.Signals | null): Promise<ChildExit> {
		await signalTree(this.pid, "SIGKILL");
		await endMarked(this.options.processes, this.mark);
		await drained(this.process);
		const rest = this.splitter.end();
		if (rest?.kind === "line") {
			this.reportGarbage(rest.text);
		}
		const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
		const last = this.stderrTail.at(-1);
		const reason = `The program ${how}${last === undefined ? "." : `: ${last}`}`;
		return this.settle({ code, signal, reason });
	}

	private settle(exit: ChildExit): ChildExit {
		this.exit = exit;
		this.closeListener?.(exit.reason);
		return exit;
	}

	private read(chunk: Buffer): void {
		for (const line of this.splitter.push(chunk)) {
			if (line.kind === "oversize") {
				this.reportGarbage(`[a line of ${line.bytes} bytes was left out]`);
			} else if (line.text.trim() !== "") {
				this.listener(line.text);
			}
		}
	}

	private readStderr(text: string): void {
		this.options.onOutput("stderr", text);
		const lines = text.split("\n").filter((line) => line.trim() !== "");
		this.stderrTail = [...this.stderrTail, ...lines.map((line) => line.slice(0, 500))].slice(
			-lastLines,
		);
	}
}

/** Waits until the pipes of an ended process were read to their end; they end at once, for nobody is left to write. */
async function drained(child: ChildProcessWithoutNullStreams): Promise<void> {
	child.stdout.resume();
	const ended = [child.stdout, child.stderr].map(
		(stream) =>
			new Promise<void>((resolve) => {
				if (stream.closed || stream.readableEnded) {
					resolve();
				} else {
					stream.once("close", resolve);
				}
			}),
	);
	let timer: NodeJS.Timeout | undefined;
	const patience = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, 1000);
	});
	await Promise.race([Promise.all(ended), patience]);
	clearTimeout(timer);
}
