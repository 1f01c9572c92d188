import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { type ReportMissing, sessionBundle } from "./bundle.ts";
import { importBundle } from "./importBundle.ts";

/**
 * Brings a session and those it continues into another store, under the ids they have: a fork there continues them as it
 * would here, and the agent's own thread can be forked, too. Doing it again brings what has grown. Throws what reading
 * and {@link importBundle} throw.
 */
export async function carrySession(
	from: WorkspaceStore,
	id: string,
	to: WorkspaceStore,
	report: ReportMissing,
): Promise<void> {
	const folder = await mkdtemp(path.join(tmpdir(), "skein-carry-"));
	try {
		const file = path.join(folder, "session.bundle");
		const pieces = Readable.from(sessionBundle(from, id, report));
		await pipeline(pieces, createWriteStream(file, { mode: 0o600 }));
		await importBundle(to, file);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
