import * as z from "zod/mini";
import { parseJson } from "../../runtime/jsonFile.ts";
import type { AgentProgram } from "../../supervise/agentProgram.ts";
import type { ChildExit } from "../../supervise/childProcess.ts";
import type { LogEntry, ProtocolLog } from "./protocolLog.ts";

/** A gap of the recording lasts at most this long. ms. */
const longestGap = 1000;

const Message = z.looseObject({
	id: z.optional(z.nullable(z.union([z.string(), z.number()]))),
	method: z.optional(z.string()),
});
type Message = z.infer<typeof Message>;
type Id = string | number;

/** Different ways to the same end: a recording of one is good for the other. */
const openings = /^(?:thread\/(?:start|resume|fork)|session\/(?:new|load|resume))$/;
/** What the agent's next words wait for; other things the client said then need not be said again. */
const awaited = /^(?:initialize|turn\/start|session\/prompt)$/;

function classOf(method: string): string {
	return openings.test(method) ? "opening" : method;
}

/**
 * Plays the agent's side of a recording, at the recorded pace or faster: a request gets the recorded answer under its own
 * id, and what the agent said next follows as soon as everything it waited for was said.
 */
export class RecordedProgram implements AgentProgram {
	readonly pid = null;
	readonly lastStderr: readonly string[] = [];
	readonly exited: Promise<ChildExit>;
	private readonly entries: readonly LogEntry[];
	private readonly messages: readonly Message[];
	/** How much faster than recorded; 0 for at once. */
	private readonly speed: number;
	private next = 0;
	private readonly said = new Set<number>();
	/** Live ids of requests, by the recorded ones. */
	private readonly ids = new Map<Id, Id>();
	private readonly skippedIds = new Set<Id>();
	private listener: (line: string) => void = () => undefined;
	private closeListener: ((reason: string) => void) | undefined;
	private settle: (exit: ChildExit) => void = () => undefined;
	private timer: NodeJS.Timeout | undefined;
	private paused = false;
	private ended = false;

	constructor({ entries }: ProtocolLog, speed: number) {
		this.entries = entries;
		this.speed = speed;
		this.messages = entries.map(({ line }) => {
			const message = Message.safeParse(parseJson(line));
			return message.success ? message.data : {};
		});
		this.exited = new Promise((resolve) => {
			this.settle = resolve;
		});
	}

	identity(): Promise<undefined> {
		return Promise.resolve(undefined);
	}

	send(line: string): boolean {
		const parsed = Message.safeParse(parseJson(line));
		if (!parsed.success || this.ended) {
			return false;
		}
		const { id, method } = parsed.data;
		const at = this.find(parsed.data);
		if (at !== undefined) {
			this.said.add(at);
			const recorded = this.messages[at]?.id;
			if (method !== undefined && hasId(recorded) && hasId(id)) {
				this.ids.set(recorded, id);
			}
		} else if (method !== undefined && hasId(id)) {
			this.answerUnknown(id, method);
		}
		this.schedule();
		return true;
	}

	onLine(listener: (line: string) => void): void {
		this.listener = listener;
	}
	onClose(listener: (reason: string) => void): void {
		this.closeListener = listener;
	}
	pause(): void {
		this.paused = true;
	}
	resume(): void {
		this.paused = false;
		this.schedule();
	}
	reportGarbage(): void {
		return;
	}

	end(): Promise<ChildExit> {
		if (!this.ended) {
			this.ended = true;
			clearTimeout(this.timer);
			const exit = { code: 0, signal: null, reason: "The recording was stopped." };
			this.closeListener?.(exit.reason);
			this.settle(exit);
		}
		return this.exited;
	}
	kill(): Promise<ChildExit> {
		return this.end();
	}

	/** The next recorded words of the client's that are these. */
	private find({ id, method }: Message): number | undefined {
		for (let at = this.next; at < this.entries.length; at++) {
			const message = this.messages[at];
			if (this.entries[at]?.from !== "client" || this.said.has(at) || !message) {
				continue;
			}
			const isSame =
				method === undefined
					? message.method === undefined && message.id === id
					: message.method !== undefined && classOf(message.method) === classOf(method);
			if (isSame) {
				return at;
			}
		}
		return undefined;
	}

	/** Not in the recording: what only has an effect is said to have had it, a further prompt is refused. */
	private answerUnknown(id: Id, method: string): void {
		const answer = awaited.test(method)
			? { error: { code: -32000, message: "The recording has no more turns." } }
			: { result: {} };
		setImmediate(() => this.listener(JSON.stringify({ jsonrpc: "2.0", id, ...answer })));
	}

	private schedule(): void {
		if (this.timer !== undefined || this.paused || this.ended) {
			return;
		}
		const entry = this.entries[this.next];
		if (!entry || !this.isReady()) {
			return;
		}
		const before = this.entries[this.next - 1]?.t ?? entry.t;
		const gap = Math.min(longestGap, Math.max(0, entry.t - before));
		this.timer = setTimeout(
			() => {
				this.timer = undefined;
				this.step();
				this.schedule();
			},
			this.speed === 0 ? 0 : gap / this.speed,
		);
	}

	/** Whether the next entry can be played: the agent's words, or the client's when they were said or are not waited for. */
	private isReady(): boolean {
		const entry = this.entries[this.next];
		const { method, id } = this.messages[this.next] ?? {};
		if (entry?.from === "agent" || this.said.has(this.next)) {
			return true;
		}
		const isWaitedFor =
			method === undefined ? id !== undefined : awaited.test(method) || openings.test(method);
		return !isWaitedFor;
	}

	private step(): void {
		const at = this.next++;
		const entry = this.entries[at];
		const message = this.messages[at] ?? {};
		if (!entry) {
			return;
		}
		if (entry.from === "client") {
			if (!this.said.has(at) && hasId(message.id)) {
				this.skippedIds.add(message.id);
			}
			return;
		}
		if (message.method !== undefined || !hasId(message.id)) {
			this.listener(entry.line);
			return;
		}
		const id = this.ids.get(message.id);
		if (id !== undefined) {
			this.listener(JSON.stringify({ ...message, id }));
		} else if (!this.skippedIds.has(message.id)) {
			this.listener(entry.line);
		}
	}
}

function hasId(id: Id | null | undefined): id is Id {
	return id !== undefined && id !== null;
}
