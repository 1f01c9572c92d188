import { sameDay } from "./pure/timeGaps.ts";
import { type StringKey, strings } from "./strings.ts";

/** Keys that have a form for one and a form for many. */
type Counted = StringKey extends infer K ? (K extends `${infer Base}.many` ? Base : never) : never;

/** The words and numbers of the page in the reader's language. */
export class Words {
	private readonly given: Readonly<Record<string, string>>;
	private readonly numbers: Intl.NumberFormat;
	private readonly compact: Intl.NumberFormat;
	private readonly clock: Intl.DateTimeFormat;
	private readonly day: Intl.DateTimeFormat;
	private readonly dayOfYear: Intl.DateTimeFormat;
	private readonly whole: Intl.DateTimeFormat;

	constructor(given: Readonly<Record<string, string>> = {}, locale = "en") {
		this.given = given;
		const known = knownLocale(locale);
		this.numbers = new Intl.NumberFormat(known);
		this.compact = new Intl.NumberFormat(known, { notation: "compact", maximumFractionDigits: 1 });
		this.clock = new Intl.DateTimeFormat(known, { hour: "numeric", minute: "2-digit" });
		const date = { weekday: "long", month: "long", day: "numeric" } as const;
		this.day = new Intl.DateTimeFormat(known, { ...date, year: "numeric" });
		this.dayOfYear = new Intl.DateTimeFormat(known, date);
		this.whole = new Intl.DateTimeFormat(known, { dateStyle: "full", timeStyle: "medium" });
	}

	say(key: StringKey, ...values: readonly (string | number)[]): string {
		const text = this.given[key] ?? strings[key];
		return text.replace(/\{(\d)\}/g, (_all, index: string) => {
			const value = values[Number(index)];
			return typeof value === "number" ? this.numbers.format(value) : (value ?? "");
		});
	}

	/** "1 turn", "3 turns". */
	count(key: Counted, n: number): string {
		const one = `${key}.one`;
		return n === 1 && one in strings
			? this.say(one as StringKey)
			: this.say(`${key}.many` as StringKey, n);
	}

	number(n: number): string {
		return this.numbers.format(n);
	}

	/** "12.3K". */
	short(n: number): string {
		return this.compact.format(n);
	}

	timeOfDay(time: number): string {
		return this.clock.format(time);
	}

	/** "Today", "Yesterday", "Wednesday, March 4", and with its year when that is another. */
	dayOf(time: number, now = Date.now()): string {
		const day = new Date(time);
		const other = new Date(now);
		if (sameDay(day, other)) {
			return this.say("day.today");
		}
		const thisYear = day.getFullYear() === other.getFullYear();
		other.setDate(other.getDate() - 1);
		if (sameDay(day, other)) {
			return this.say("day.yesterday");
		}
		return (thisYear ? this.dayOfYear : this.day).format(time);
	}

	dateAndTime(time: number): string {
		return this.whole.format(time);
	}

	duration(ms: number): string {
		if (ms < 1000) {
			return this.say("duration.ms", Math.round(ms));
		}
		const seconds = ms / 1000;
		if (seconds < 60) {
			return this.say("duration.s", Math.round(seconds * 10) / 10);
		}
		const minutes = Math.floor(seconds / 60);
		return minutes < 60
			? this.say("duration.min", minutes, Math.floor(seconds % 60))
			: this.say("duration.h", Math.floor(minutes / 60), minutes % 60);
	}
}

/** The locale, or English when the host's name for it is not one that Intl knows. */
function knownLocale(locale: string): string {
	try {
		return Intl.getCanonicalLocales(locale)[0] ?? "en";
	} catch (thrown) {
		if (thrown instanceof RangeError) {
			return "en";
		}
		throw thrown;
	}
}
