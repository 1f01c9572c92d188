import * as z from "zod/mini";

/** What a daemon that starts tells the one who started it: it runs, another one does, or why it cannot. */
export const StartReport = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("ready") }),
	z.object({ kind: z.literal("held") }),
	z.object({ kind: z.literal("failed"), message: z.string() }),
]);
export type StartReport = z.infer<typeof StartReport>;
