const hashPattern = /^sha256:[0-9a-f]{64}$/;
const hint = Buffer.from('"sha256:');

/** Adds to `into` the names of all blobs that a record (its bytes as JSON) names: every `blob` field, however deep. */
export function blobsNamed(record: Buffer, into: Set<string>): void {
	if (record.includes(hint)) {
		collect(JSON.parse(record.toString("utf8")), into);
	}
}

/** {@link blobsNamed} of a parsed value. */
export function collect(value: unknown, into: Set<string>): void {
	if (Array.isArray(value)) {
		for (const entry of value) {
			collect(entry, into);
		}
	} else if (typeof value === "object" && value !== null) {
		for (const [key, entry] of Object.entries(value)) {
			if (key === "blob" && typeof entry === "string" && hashPattern.test(entry)) {
				into.add(entry);
			} else {
				collect(entry, into);
			}
		}
	}
}
