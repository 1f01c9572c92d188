import { append } from "./append.ts";
import type { Command } from "./command.ts";
import { daemon } from "./daemon.ts";
import { doctor } from "./doctor.ts";
import { exportSession } from "./export.ts";
import { importSessions } from "./import.ts";
import { index } from "./indexVerb.ts";
import { list } from "./list.ts";
import { mcp } from "./mcp.ts";
import { schema } from "./schema.ts";
import { search } from "./search.ts";
import {
	archive,
	create,
	fork,
	note,
	pin,
	purge,
	rename,
	restore,
	revert,
	tag,
	trash,
	unarchive,
	unrevert,
} from "./sessions.ts";
import { show } from "./show.ts";
import { stats } from "./stats.ts";

/** Every verb, in the order of the help. */
export const commands: readonly Command[] = [
	list,
	show,
	create,
	fork,
	rename,
	archive,
	unarchive,
	trash,
	restore,
	purge,
	revert,
	unrevert,
	tag,
	note,
	pin,
	append,
	importSessions,
	exportSession,
	index,
	search,
	doctor,
	stats,
	schema,
	daemon,
	mcp,
];
