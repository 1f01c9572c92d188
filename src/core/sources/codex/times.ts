/** The minute that the last time was in, and its ms since the epoch: the lines of a file follow each other closely. */
let minute = "";
let minuteTime = 0;

const form = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** ms since the epoch of a record's time; 0 for what is none. */
export function timeOf(value: unknown): number {
	if (typeof value !== "string") {
		return 0;
	}
	if (!form.test(value)) {
		const time = Date.parse(value);
		return Number.isNaN(time) ? 0 : time;
	}
	// A third of the time that Date.parse takes, for a hundred thousand lines.
	const start = value.slice(0, 17);
	if (start !== minute) {
		const time = Date.parse(`${start}00.000Z`);
		if (Number.isNaN(time)) {
			return 0;
		}
		minute = start;
		minuteTime = time;
	}
	return minuteTime + Math.round(Number(value.slice(17, 23)) * 1000);
}
