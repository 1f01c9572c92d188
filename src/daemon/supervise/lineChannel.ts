/** A peer that is spoken with line by line: a child's stdio, or a recording of one. */
export interface LineChannel {
	/** Sends one line, without its end. False when the peer is slow to take it or gone. */
	send(line: string): boolean;
	/** Called with each line the peer sends; at most one listener. */
	onLine(listener: (line: string) => void): void;
	/** Called once when the peer is gone, with why as a sentence; at once when it is gone already. */
	onClose(listener: (reason: string) => void): void;
	/** Stops and resumes reading, so that what we cannot store fast enough stays with the peer. */
	pause(): void;
	resume(): void;
	/** Told of a line that made no sense. */
	reportGarbage(line: string): void;
}
