/**
 * An expected failure, worded for the person who reads it: what happened, what was not done, what to do now.
 * `reason` is stable and lets code tell one failure from another; `message` is a whole sentence (or two).
 */
export class HumanError extends Error {
	override readonly name = "HumanError";
	readonly reason: string;

	constructor(reason: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.reason = reason;
	}
}

/** The sentence to show for anything that was thrown. */
export function errorSentence(thrown: unknown): string {
	if (thrown instanceof Error) {
		return thrown.message;
	}
	return String(thrown);
}

/** The code of a failed system call (`ENOENT`, `ENOSPC`, ...), or undefined when `thrown` is something else. */
export function systemErrorCode(thrown: unknown): string | undefined {
	if (thrown instanceof Error && "code" in thrown && typeof thrown.code === "string") {
		return thrown.code;
	}
	return undefined;
}

const systemErrorWords: Record<string, string> = {
	ENOSPC: "the disk is full",
	EDQUOT: "the disk quota is used up",
	EACCES: "permission was denied",
	EPERM: "the system does not permit it",
	EROFS: "the file system is read-only",
	ENOENT: "the file does not exist",
	ENOTDIR: "a part of the path is not a folder",
	EISDIR: "it is a folder",
	EIO: "the disk reported an input/output error",
	EMFILE: "too many files are open",
	EEXIST: "it exists already",
	ELOOP: "its symbolic links form a loop",
};

/** Words for the cause of a failed system call: "the disk is full"; the error's own message when there are none. */
export function causeInWords(thrown: unknown): string {
	const code = systemErrorCode(thrown);
	return (code && systemErrorWords[code]) ?? errorSentence(thrown);
}
