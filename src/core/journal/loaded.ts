import { type FileIdentity, sameFile } from "../files.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { SessionState, type Span } from "../model/state.ts";
import { aheadLimit } from "./ids.ts";
import type { FileState } from "./look.ts";

/** Diagnostics kept in full; the rest are counted. */
const diagnosticLimit = 1000;

/** What a record is told from another of the same id by. */
export interface Known {
	readonly bytes: number;
	readonly crc32: number;
}

/** All that one reading of a file has found so far. */
export class Loaded {
	readonly state = new SessionState();
	readonly known = new Map<string, Known>();
	/** The records that another of the same id won over: identical ones count once. */
	readonly losers = new Set<string>();
	/** Clock against which ids are judged: the later of now and the file's own time, so a clock set back damages nothing. */
	reference: number;
	/** Time of the earliest id that was too far ahead of it; ms. */
	earliestAhead = Number.POSITIVE_INFINITY;
	damage: Diagnostic[] = [];
	/** About the last, unterminated line: gone when it is read again. */
	provisional: Diagnostic[] = [];
	uncounted = 0;
	identity: FileIdentity | undefined;
	size = 0;
	mtimeNs = 0n;
	greatestId = "";
	resume = { offset: 0, line: 1 };
	tail: Span = { offset: 0, length: 0 };
	tailSettled = true;
	/** All of the file was read, and it ends with a newline. */
	isWhole = false;
	last: (Span & { crc32: number }) | undefined;

	constructor(reference: number) {
		this.reference = reference;
	}

	/** Whether the file is the one that was read, as far as its size and time tell. */
	isAt(stat: FileState): boolean {
		return (
			this.identity !== undefined &&
			sameFile(this.identity, stat) &&
			stat.size === BigInt(this.size) &&
			stat.mtimeNs === this.mtimeNs
		);
	}

	/** Notes that all bytes before `size` were read, up to `position` whole lines; `isAll`: the file has no more. */
	advance(position: { offset: number; line: number }, size: number, isAll: boolean): void {
		this.size = size;
		this.resume = position;
		this.tail = { offset: this.resume.offset, length: size - this.resume.offset };
		this.isWhole = isAll && this.tail.length === 0;
	}

	/** Goes with the time. False when an id that was too far ahead no longer is: then all must be read again. */
	moveReference(now: number): boolean {
		this.reference = Math.max(this.reference, now);
		return this.earliestAhead > this.reference + aheadLimit;
	}

	report(diagnostic: Diagnostic): void {
		if (this.damage.length < diagnosticLimit) {
			this.damage.push(diagnostic);
		} else {
			this.uncounted++;
		}
	}
}
