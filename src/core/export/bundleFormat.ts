import * as z from "zod/mini";

/** The version of the bundle format that this code writes and reads. */
export const bundleVersion = 1;

/** First line of a bundle. */
export const BundleHeader = z.looseObject({
	format: z.literal("skein-bundle"),
	version: z.number(),
	/** ISO 8601. */
	createdAt: z.string(),
	/** The session that was exported. */
	session: z.string(),
	/** All sessions in it, the oldest ancestor first. */
	sessions: z.array(z.string()),
	/** Hits by redaction rule. */
	redactions: z.record(z.string(), z.number()),
});

/** The lines that follow, up to the next of its kind, are the lines of this session's journal, byte for byte. */
export const BundleJournal = z.looseObject({
	bundle: z.literal("journal"),
	session: z.string(),
});
/** Bytes of a journal that are not a record's line: damage, kept as it was. */
export const BundleBytes = z.looseObject({ bundle: z.literal("bytes"), base64: z.string() });
/** A part of a blob; the parts of one blob follow each other in order of offset. */
export const BundleBlob = z.looseObject({
	bundle: z.literal("blob"),
	blob: z.string(),
	/** Where this part stands, and the size of the whole blob. Bytes. */
	offset: z.number(),
	bytes: z.number(),
	base64: z.string(),
});
/** A blob that records name and that was not there when the bundle was made. */
export const BundleMissing = z.looseObject({ bundle: z.literal("missing"), blob: z.string() });
/** Last line: the SHA-256 of all bytes before it, so that a cut or changed bundle is known before anything is stored. */
export const BundleEnd = z.looseObject({ bundle: z.literal("end"), sha256: z.string() });

/** A line of a bundle that is not a line of a journal. */
export const BundleLine = z.discriminatedUnion("bundle", [
	BundleJournal,
	BundleBytes,
	BundleBlob,
	BundleMissing,
	BundleEnd,
]);
export type BundleLine = z.infer<typeof BundleLine>;
