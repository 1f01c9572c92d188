import * as z from "zod/mini";

/** A payload kept outside the journal, in `blobs/<aa>/<sha256>`: text over 64 KiB, images, a source's own bytes. */
export const BlobRef = z.looseObject({
	blob: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
	/** Size of the payload in bytes. */
	bytes: z.number(),
	mime: z.string(),
});
export type BlobRef = z.infer<typeof BlobRef>;

/** Text in the record itself, or a reference to the blob that holds it. */
export const Text = z.union([z.string(), BlobRef]);
export type Text = z.infer<typeof Text>;

export function isBlobRef(value: unknown): value is BlobRef {
	return BlobRef.safeParse(value).success;
}
