/** Image types the page shows. SVG is none of them: it is a document that can carry script. */
const signatures: readonly { readonly mime: string; readonly starts: readonly number[] }[] = [
	{ mime: "image/png", starts: [0x89, 0x50, 0x4e, 0x47] },
	{ mime: "image/jpeg", starts: [0xff, 0xd8, 0xff] },
	{ mime: "image/gif", starts: [0x47, 0x49, 0x46, 0x38] },
	{ mime: "image/bmp", starts: [0x42, 0x4d] },
	{ mime: "image/webp", starts: [0x52, 0x49, 0x46, 0x46] },
];

/** The type to show bytes as, by what they are rather than what was claimed; undefined when they are not shown. */
export function imageType(bytes: Uint8Array, claimed: string): string | undefined {
	const found = signatures.find(({ starts }) => starts.every((byte, at) => bytes[at] === byte));
	if (found) {
		return found.mime;
	}
	// AVIF has no mark at its very start; a browser that is given something else shows nothing.
	return claimed === "image/avif" ? claimed : undefined;
}
