import type { Locations } from "../locations.ts";
import { createCodexSource } from "./codex/source.ts";
import type { Source } from "./source.ts";

/** Every source Skein reads, looking where the tools themselves look. Touches no disk. */
export function createSources(locations: Locations): Source[] {
	return [createCodexSource(locations)];
}
