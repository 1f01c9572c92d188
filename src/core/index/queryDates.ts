const units: Readonly<Record<string, number>> = {
	h: 60 * 60 * 1000,
	d: 24 * 60 * 60 * 1000,
	w: 7 * 24 * 60 * 60 * 1000,
};

/**
 * A point in time as a person writes it, ms since the epoch: `2026-11-20`, `2026-11`, `2026`, `2026-11-20T13:30` (local
 * time, the start of what is named), `today`, `yesterday`, or how long ago: `12h`, `7d`, `2w`, `3m` (months), `1y`.
 * Undefined for anything else.
 */
export function timeOf(text: string, now: number): number | undefined {
	const today = new Date(now);
	today.setHours(0, 0, 0, 0);
	const lower = text.toLowerCase();
	if (lower === "today") {
		return today.getTime();
	}
	if (lower === "yesterday") {
		return today.setDate(today.getDate() - 1);
	}
	const ago = /^(\d{1,5})([hdwmy])$/.exec(lower);
	if (ago) {
		const count = Number(ago[1]);
		const unit = ago[2] ?? "d";
		const length = units[unit];
		if (length !== undefined) {
			return now - count * length;
		}
		const then = new Date(now);
		then.setMonth(then.getMonth() - count * (unit === "y" ? 12 : 1));
		return then.getTime();
	}
	const date = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:t(\d{1,2}):(\d{2}))?)?)?$/.exec(lower);
	if (!date) {
		return undefined;
	}
	const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = date
		.slice(1)
		.map((part) => (part === undefined ? undefined : Number(part)));
	const time = new Date(year, month - 1, day, hour, minute);
	return time.getMonth() === month - 1 && time.getDate() === day ? time.getTime() : undefined;
}
