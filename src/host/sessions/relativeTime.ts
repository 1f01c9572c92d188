const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Words for how long ago something was, short enough for a row: "now", "5m ago", "yesterday", "Oct 12". */
export class RelativeTime {
	private readonly relative: Intl.RelativeTimeFormat;
	private readonly dayOfYear: Intl.DateTimeFormat;
	private readonly dayWithYear: Intl.DateTimeFormat;

	constructor(locale: string) {
		this.relative = new Intl.RelativeTimeFormat(locale, { style: "narrow", numeric: "auto" });
		this.dayOfYear = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
		this.dayWithYear = new Intl.DateTimeFormat(locale, {
			year: "numeric",
			month: "short",
			day: "numeric",
		});
	}

	/** `time` is ISO 8601, `now` ms; empty when `time` is no time. */
	format(time: string, now: number): string {
		const then = Date.parse(time);
		if (Number.isNaN(then)) {
			return "";
		}
		const ago = now - then;
		if (ago < minute) {
			return this.relative.format(0, "second");
		}
		if (ago < hour) {
			return this.relative.format(-Math.floor(ago / minute), "minute");
		}
		if (ago < day) {
			return this.relative.format(-Math.floor(ago / hour), "hour");
		}
		if (ago < 7 * day) {
			return this.relative.format(-calendarDays(then, now), "day");
		}
		const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
		return (sameYear ? this.dayOfYear : this.dayWithYear).format(then);
	}
}

function calendarDays(then: number, now: number): number {
	const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
	return Math.round((midnight(now) - midnight(then)) / day);
}
