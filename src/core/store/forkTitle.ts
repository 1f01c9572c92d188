const forkSuffix = /^(.*) \(fork(?: (\d+))?\)$/;

/** "Fix login" -> "Fix login (fork)" -> "Fix login (fork 2)". */
export function forkTitle(title: string): string {
	const match = forkSuffix.exec(title);
	return match ? `${match[1]} (fork ${Number(match[2] ?? 1) + 1})` : `${title} (fork)`;
}
