import { findDaemon } from "./connect.ts";

/**
 * Who lets a run of the folder's daemon go on, in words ("codex works on a prompt of the window at ~/project"); undefined
 * when it does not run. Starts nothing.
 */
export async function findRun(
	folder: string,
	run: string,
	client: string,
): Promise<string | undefined> {
	const daemon = await findDaemon(folder, client);
	if (!daemon) {
		return undefined;
	}
	try {
		const { runs } = await daemon.call("status", {});
		const found = runs.find(({ id, endedAt }) => id === run && endedAt === null);
		return found && `${found.agent} works on a prompt of ${found.client}`;
	} finally {
		daemon.dispose();
	}
}
