import { randomFillSync } from "node:crypto";
import { decodeTime, incrementBase32, ulid } from "ulid";

/** The form of every id of ours: a ULID (github.com/ulid/spec) that fits 128 bits. */
const ulidPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Whether a text given by a person or a file is a session or record id. Checked before it reaches a path. */
export function isUlid(text: string): boolean {
	return ulidPattern.test(text);
}

/** The time in an id, ms since the epoch. */
export function idTime(id: string): number {
	return decodeTime(id);
}

/** Ids this far ahead of the clock are damage: one of them must not drag all later ids along. ms. */
export const aheadLimit = 24 * 60 * 60 * 1000;

const randomBytes = Buffer.alloc(1024);
let randomUsed = randomBytes.length;

function random(): number {
	if (randomUsed === randomBytes.length) {
		randomFillSync(randomBytes);
		randomUsed = 0;
	}
	return (randomBytes[randomUsed++] ?? 0) / 256;
}

/** A new id at `time` (ms since the epoch) with 80 fresh random bits. */
export function newId(time: number): string {
	return ulid(time, random);
}

/**
 * Gives the ids of one writer of one journal (design: J3).
 * Guarantees: each id is greater than every id seen before it, but for ids more than 24 h ahead of the clock; two
 * writers that have seen the same records do not make the same id, because only an id of one's own making is
 * incremented, and past another writer's id 80 fresh random bits are drawn.
 */
export class RecordIds {
	private readonly clock: () => number;
	private greatest = "";
	private own = false;

	constructor(clock: () => number) {
		this.clock = clock;
	}

	/** Takes note of an id found in the journal. */
	see(id: string): void {
		if (id > this.greatest && isUlid(id) && idTime(id) <= this.clock() + aheadLimit) {
			this.greatest = id;
			this.own = false;
		}
	}

	next(): string {
		const now = this.clock();
		const floor = this.greatest === "" ? -1 : idTime(this.greatest);
		let id: string;
		if (floor < now) {
			id = newId(now);
		} else if (this.own) {
			id = increment(this.greatest, floor);
		} else {
			id = newId(floor + 1);
		}
		this.greatest = id;
		this.own = true;
		return id;
	}
}

function increment(id: string, time: number): string {
	if (id.endsWith("Z".repeat(16))) {
		return newId(time + 1);
	}
	return id.slice(0, 10) + incrementBase32(id.slice(10));
}
