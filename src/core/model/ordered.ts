/** {@link insertInOrder} by `id`. */
export function insertById<T extends { readonly id: string }>(list: T[], entry: T): void {
	insertInOrder(list, entry, (known) => known.id);
}

/** Inserts at the end, where new entries belong nearly always, or in its place; a key that is there already is left out. */
export function insertInOrder<T>(list: T[], entry: T, key: (entry: T) => string): void {
	const own = key(entry);
	const last = list.at(-1);
	if (last === undefined || key(last) < own) {
		list.push(entry);
		return;
	}
	const at = firstAtOrAbove(list, own, key);
	if (key(list[at] as T) !== own) {
		list.splice(at, 0, entry);
	}
}

/** Index of the first entry of an ordered list whose key is not below `limit`; the list's length when there is none. */
export function firstAtOrAbove<T>(
	list: readonly T[],
	limit: string,
	key: (entry: T) => string,
): number {
	let low = 0;
	let high = list.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (key(list[middle] as T) < limit) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}
