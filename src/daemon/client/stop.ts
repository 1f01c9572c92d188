import { HumanError } from "../../base/errors.ts";
import type { DaemonClient } from "./client.ts";
import { isAlive } from "./connect.ts";

/** A daemon ends agents that do not heed it within some seconds. ms. */
const patience = 60_000;
const interval = 20;

/**
 * Ends the daemon. Resolves when its process is gone. Rejects with a HumanError: `busy` while turns run, unless `force` is
 * set, which interrupts them; `not-stopped` when it does not come to its end.
 */
export async function stopDaemon(client: DaemonClient, force: boolean): Promise<void> {
	await client.call("stop", { force });
	const deadline = Date.now() + patience;
	while (isAlive(client.pid)) {
		if (Date.now() > deadline) {
			throw new HumanError(
				"not-stopped",
				`The daemon (process ${client.pid}) was told to stop and has not come to its end. End that process if it stays.`,
			);
		}
		await new Promise((resolve) => setTimeout(resolve, interval));
	}
}
