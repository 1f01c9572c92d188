/** How long ago a session was last worked on, as the tree groups it. */
export type DateGroup = "today" | "yesterday" | "week" | "month" | "older";

export const dateGroups: readonly DateGroup[] = ["today", "yesterday", "week", "month", "older"];

/** The calendar month of a time, as `2026-10`, in local time; undefined for one that is unknown. */
export function monthOf(time: number): string | undefined {
	const day = new Date(time);
	return Number.isNaN(day.getTime())
		? undefined
		: `${String(day.getFullYear()).padStart(4, "0")}-${String(day.getMonth() + 1).padStart(2, "0")}`;
}

/** Starts of the groups for `now` (ms), in local time: a calendar day is a day also when the clocks change. */
export function dateGrouper(now: number): (time: number) => DateGroup {
	const start = (daysAgo: number) => {
		const day = new Date(now);
		day.setHours(0, 0, 0, 0);
		day.setDate(day.getDate() - daysAgo);
		return day.getTime();
	};
	const [today, yesterday, week, month] = [start(0), start(1), start(7), start(30)];
	return (time) => {
		if (time >= today) {
			return "today";
		}
		if (time >= yesterday) {
			return "yesterday";
		}
		if (time >= week) {
			return "week";
		}
		return time >= month ? "month" : "older";
	};
}
