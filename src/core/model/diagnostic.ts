/** `info` needs nobody; `warning` is damage or loss that a person should see. */
export type Severity = "info" | "warning";

/** Something about a file that could not be read as it should be. It never stops the rest from being read. */
export interface Diagnostic {
	readonly severity: Severity;
	/** A sentence. */
	readonly reason: string;
	/** Byte offset in the file. */
	readonly offset: number;
	/** Line number, from 1; 0 when it is about the whole file. */
	readonly line: number;
	/** Length in bytes and CRC-32 of the damaged bytes, when there are some: what `damage.acknowledged` names. */
	readonly fragment?: { readonly bytes: number; readonly crc32: number };
}
