import { open } from "node:fs/promises";
import { systemErrorCode } from "../../base/errors.ts";
import { DaemonEvent } from "../../protocol/daemon.ts";
import { parseJson } from "../runtime/jsonFile.ts";
import { RotatingLog } from "./rotatingLog.ts";

/** Enough to find the last whole line: one event is far smaller. Bytes. */
const tailSize = 256 * 1024;
/** Events given after a cursor at most. */
const replayLimit = 5000;

/** The full log of events, events.jsonl and its rotated files, beside a bounded cache of the newest ones. */
export class EventLog {
	private readonly log: RotatingLog;
	private readonly cacheSize: number;
	private cache: DaemonEvent[] = [];

	constructor(path: string, cacheSize: number) {
		this.log = new RotatingLog(path);
		this.cacheSize = cacheSize;
	}

	get recent(): readonly DaemonEvent[] {
		return this.cache;
	}

	/**
	 * Reads the newest events back. Returns the greatest number found, 0 when there is none; `isLast` unless the newest
	 * log is missing, in which greater ones may have been.
	 */
	async load(): Promise<{ readonly greatest: number; readonly isLast: boolean }> {
		const { path } = this.log;
		const newest = await readTail(path);
		const events = [...(await readTail(`${path}.1`)), ...newest];
		this.cache = events.slice(-this.cacheSize);
		const greatest = events.reduce((most, event) => Math.max(most, event.seq), 0);
		return { greatest, isLast: newest.length > 0 };
	}

	/** Resolves when the events are in the file; those that could not be written are remembered all the same. */
	async append(events: readonly DaemonEvent[]): Promise<void> {
		this.cache = [...this.cache, ...events].slice(-this.cacheSize);
		await this.log.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
	}

	/**
	 * The events numbered above `after`, up to `newest`: what is written after it is still to be told of. `lost` when some of
	 * them are no longer kept, or are too many.
	 */
	async after(after: number, newest: number): Promise<{ events: DaemonEvent[]; lost: boolean }> {
		if (after >= newest) {
			// A cursor from a life of which nothing is left counts as lost.
			return { events: [], lost: after > newest };
		}
		const isAsked = ({ seq }: DaemonEvent) => seq > after && seq <= newest;
		if ((this.cache[0]?.seq ?? Number.POSITIVE_INFINITY) <= after + 1) {
			return { events: this.cache.filter(isAsked), lost: false };
		}
		const events = (await this.log.read()).flatMap(parseEvents).filter(isAsked);
		const lost = events[0]?.seq !== after + 1 || events.length > replayLimit;
		return { events: events.slice(-replayLimit), lost };
	}
}

async function readTail(path: string): Promise<DaemonEvent[]> {
	try {
		const handle = await open(path, "r");
		try {
			const { size } = await handle.stat();
			const bytes = Buffer.alloc(Math.min(size, tailSize));
			await handle.read(bytes, 0, bytes.length, size - bytes.length);
			return parseEvents(bytes.toString("utf8"));
		} finally {
			await handle.close();
		}
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return [];
		}
		throw error;
	}
}

/** The events of a text; lines that are torn or not understood are left out. */
function parseEvents(text: string): DaemonEvent[] {
	return text.split("\n").flatMap((line) => {
		const event = DaemonEvent.safeParse(parseJson(line));
		return event.success ? [event.data] : [];
	});
}
