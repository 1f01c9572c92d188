import * as z from "zod/mini";

/** Why a file is not in a checkpoint. */
export const LeftOutReason = z.enum([
	/** It is larger than the limit. */
	"large",
	/** A repository of its own. */
	"repository",
	/** It may not be read. */
	"unreadable",
	/** A filter that only the repository's own configuration names makes it. */
	"filter",
]);
export type LeftOutReason = z.infer<typeof LeftOutReason>;

/** What a checkpoint does not hold: written into its commit, so that a restore does not take it for deleted. */
export const LeftOut = z.object({
	files: z.array(z.object({ path: z.string(), why: LeftOutReason })),
	/** Filters whose files are left out wherever they stand. */
	filters: z.array(z.string()),
});
export type LeftOut = z.infer<typeof LeftOut>;

export const nothingLeftOut: LeftOut = { files: [], filters: [] };

const title = "Skein checkpoint";

/** The message of a checkpoint's commit. */
export function toMessage(leftOut: LeftOut): string {
	const isEmpty = leftOut.files.length === 0 && leftOut.filters.length === 0;
	return isEmpty ? `${title}\n` : `${title}\n\n${JSON.stringify(leftOut)}\n`;
}

/** What a commit's message says is left out. A commit that is none of ours says nothing. */
export function fromMessage(message: string): LeftOut {
	const line = message.split("\n").find((each) => each.startsWith("{"));
	if (line === undefined) {
		return nothingLeftOut;
	}
	try {
		const parsed = LeftOut.safeParse(JSON.parse(line));
		return parsed.success ? parsed.data : nothingLeftOut;
	} catch (error) {
		if (error instanceof SyntaxError) {
			return nothingLeftOut;
		}
		throw error;
	}
}
