import { randomFillSync } from "node:crypto";
import { incrementBase32, ulid } from "ulid";

/** The form of every id of ours: a ULID (github.com/ulid/spec) that fits 128 bits. */
const ulidPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Whether a text given by a person or a file is a session or record id. Checked before it reaches a path. */
export function isUlid(text: string): boolean {
	return ulidPattern.test(text);
}

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const digitValues = new Map([...digits].map((digit, value) => [digit.charCodeAt(0), value]));

/** The time in an id, ms since the epoch; NaN for a text that is none. */
export function idTime(id: string): number {
	let time = 0;
	for (let at = 0; at < 10; at++) {
		time = time * 32 + (digitValues.get(id.charCodeAt(at)) ?? Number.NaN);
	}
	return time;
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
	/** Time in it, ms. */
	private greatestTime = -1;
	private own = false;

	constructor(clock: () => number) {
		this.clock = clock;
	}

	/** Takes note of an id found in the journal. */
	see(id: string): void {
		if (id > this.greatest && isUlid(id) && idTime(id) <= this.clock() + aheadLimit) {
			this.greatest = id;
			this.greatestTime = idTime(id);
			this.own = false;
		}
	}

	next(): string {
		const now = this.clock();
		let id: string;
		if (this.greatestTime < now) {
			this.greatestTime = now;
			id = newId(now);
		} else if (this.own && !this.greatest.endsWith(lastTail)) {
			id = this.greatest.slice(0, 10) + incrementBase32(this.greatest.slice(10));
		} else {
			id = newId(++this.greatestTime);
		}
		this.greatest = id;
		this.own = true;
		return id;
	}
}

const lastTail = "Z".repeat(16);
