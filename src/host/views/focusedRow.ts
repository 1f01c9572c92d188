/**
 * Learns which row of a tree has the focus. VS Code tells extensions what is selected, not what has the focus, yet a key
 * means the focused row (Arrow Down moves the focus alone, and F2 then renames that row, as in the Explorer). So our keys
 * run `list.toggleSelection` twice before their command: it takes the focused row into the selection or out of it, and
 * back, and opens nothing. The row by which those two selections differ is the one with the focus.
 */
export class FocusedRow<T extends object> {
	private selections: readonly (readonly T[])[] = [[]];

	/** The tree's selection changed. */
	selected(rows: readonly T[]): void {
		this.selections = [...this.selections.slice(-2), rows];
	}

	/**
	 * The rows that a key is meant for: the focused one, first, and with it all selected ones if it is one of them.
	 * Undefined when the selection was not toggled there and back just before.
	 */
	take(): readonly T[] | undefined {
		const [before, toggled, now] = this.selections;
		this.selections = this.selections.slice(-1);
		if (!before || !toggled || !now || difference(before, now).length > 0) {
			return undefined;
		}
		const [focused, ...more] = difference(toggled, now);
		if (!focused || more.length > 0) {
			return undefined;
		}
		return now.includes(focused) ? [focused, ...now.filter((row) => row !== focused)] : [focused];
	}
}

/** The rows that stand in one of the two only. */
function difference<T>(a: readonly T[], b: readonly T[]): T[] {
	return [...a.filter((row) => !b.includes(row)), ...b.filter((row) => !a.includes(row))];
}
