import { SessionIndex } from "../core/index/sessionIndex.ts";
import type { Source } from "../core/sources/source.ts";
import type { Cli } from "./cli.ts";

/** Works with the index of this folder's sessions and of the sources', brought up to date first. */
export async function withIndex<T>(
	cli: Cli,
	sources: readonly Source[],
	work: (index: SessionIndex) => Promise<T>,
): Promise<T> {
	const index = await SessionIndex.open({
		stores: [cli.store],
		sources,
		locations: cli.locations,
	});
	try {
		return await work(index);
	} finally {
		for (const notice of index.notices) {
			cli.notice(notice);
		}
		index.close();
	}
}
