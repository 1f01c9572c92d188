/** Something that was derived from sessions and is not what the sessions themselves say. */
export interface Difference {
	/** Null when it is about no one session. */
	readonly session: string | null;
	/**
	 * `catalogue`: a cached row of the list; `fold`: the state after reading the journal in pieces; `index`: the index of
	 * items that searches use.
	 */
	readonly projection: "catalogue" | "fold" | "index";
	readonly field: string;
	readonly found: unknown;
	readonly expected: unknown;
}

/** Enough of a value to see what it is. */
export function brief(value: unknown): string {
	return (JSON.stringify(value) ?? "undefined").slice(0, 200);
}
