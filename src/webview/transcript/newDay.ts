/** Runs `changed` shortly after every midnight until `signal` says stop: what is called today is yesterday then. */
export function onNewDay(changed: () => void, signal: AbortSignal): void {
	const midnight = new Date();
	midnight.setHours(24, 0, 1, 0);
	const timer = setTimeout(() => {
		changed();
		onNewDay(changed, signal);
	}, midnight.getTime() - Date.now());
	signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}
