const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * Words for how long ago something was, as short as a row of 260 px wants them: "now", "5m", "3h", "2d", "Oct 12". The
 * languages' own narrow units, so no "ago" has to be cut off.
 */
export class RelativeTime {
	private readonly now: string;
	private readonly minutes: Intl.NumberFormat;
	private readonly hours: Intl.NumberFormat;
	private readonly days: Intl.NumberFormat;
	private readonly dayOfYear: Intl.DateTimeFormat;
	private readonly dayWithYear: Intl.DateTimeFormat;

	constructor(locale: string) {
		const narrow = (unit: string) =>
			new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "narrow" });
		this.now = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(0, "second");
		this.minutes = narrow("minute");
		this.hours = narrow("hour");
		this.days = narrow("day");
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
			return this.now;
		}
		if (ago < hour) {
			return this.minutes.format(Math.floor(ago / minute));
		}
		if (ago < day) {
			return this.hours.format(Math.floor(ago / hour));
		}
		if (ago < 7 * day) {
			return this.days.format(calendarDays(then, now));
		}
		const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
		return (sameYear ? this.dayOfYear : this.dayWithYear).format(then);
	}
}

function calendarDays(then: number, now: number): number {
	const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
	return Math.round((midnight(now) - midnight(then)) / day);
}
