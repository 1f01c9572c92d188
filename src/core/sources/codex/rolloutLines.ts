import { isUtf8 } from "node:buffer";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { isBlank, recover } from "./damage.ts";
import { peek } from "./peek.ts";
import { isJson, type Json, parseObject } from "./schema.ts";

/** Diagnostics kept for one file; the rest are counted in one more. */
const maxDiagnostics = 200;

/** Makes records out of the lines of one rollout file, and says what is wrong with those that are none. */
export abstract class RolloutLines {
	readonly diagnostics: Diagnostic[] = [];
	/** Warnings beyond {@link maxDiagnostics}. */
	unreported = 0;

	protected records = 0;
	protected bookkeeping = 0;
	protected damaged = 0;
	protected recognised = 0;
	private line = 0;

	/** One record: a line of a JSONL file, or an element of a file of the first generation. */
	protected abstract record(value: Json, offset: number, length: number): void;

	/** One line, without its newline. Blank lines count for nothing. */
	readLine(bytes: Buffer, offset: number): void {
		this.line++;
		if (isBlank(bytes)) {
			return;
		}
		this.records++;
		const known = peek(bytes);
		if (known === "bookkeeping") {
			this.bookkeeping++;
			this.recognised++;
			return;
		}
		if (known) {
			this.record(known, offset, bytes.length);
			return;
		}
		const text = bytes.toString("utf8");
		let value: unknown;
		try {
			value = JSON.parse(text);
		} catch {
			this.readDamaged(bytes, text, offset);
			return;
		}
		if (!isJson(value)) {
			this.damage(offset, bytes.length, "This line holds no JSON object.");
			return;
		}
		if (!isUtf8(bytes)) {
			this.report("warning", offset, "This line holds bytes that are not UTF-8.");
		}
		this.record(value, offset, bytes.length);
	}

	/**
	 * The last line of the file, which has no newline. A whole record counts; a part of one is `info` and is read again
	 * when the file has grown.
	 * @returns whether the line was taken.
	 */
	readRest(bytes: Buffer, offset: number): boolean {
		if (isBlank(bytes)) {
			return false;
		}
		let value: unknown;
		try {
			value = JSON.parse(bytes.toString("utf8"));
		} catch {
			return false;
		}
		if (!isJson(value)) {
			return false;
		}
		this.readLine(bytes, offset);
		return true;
	}

	lineTooLong(offset: number, length: number): void {
		this.line++;
		this.records++;
		this.damage(offset, length, "This line is longer than 64 MiB and was left out.");
	}

	/** An element of `items` in a file of the first generation. */
	readElement(json: string, offset: number, length: number): void {
		this.records++;
		const value = parseObject(json);
		if (value) {
			this.record(value, offset, length);
		} else {
			this.damage(offset, length, "A part of this session is not JSON and was left out.");
		}
	}

	/** True when at least one line was one of Codex's. */
	get isCodex(): boolean {
		return this.recognised > 0;
	}

	get lines(): number {
		return this.line;
	}

	private readDamaged(bytes: Buffer, text: string, offset: number): void {
		const { records, lost } = recover(text);
		if (records.length === 0) {
			this.damage(offset, bytes.length, "This line is not JSON and was left out.");
			return;
		}
		this.records--;
		if (lost > 0) {
			this.records++;
			this.damage(offset, bytes.length, "A part of this line is not JSON and was left out.");
		} else {
			this.report("warning", offset, "This line holds more than one record; all were read.");
		}
		for (const each of records) {
			this.records++;
			const start = offset + Buffer.byteLength(text.slice(0, each.from));
			this.record(each.value, start, Buffer.byteLength(text.slice(each.from, each.to)));
		}
	}

	private damage(offset: number, length: number, reason: string): void {
		this.damaged++;
		this.report("warning", offset, `${reason} (${length} bytes)`);
	}

	report(severity: Diagnostic["severity"], offset: number, reason: string): void {
		if (this.diagnostics.length < maxDiagnostics) {
			this.diagnostics.push({ severity, reason, offset, line: this.line });
		} else {
			this.unreported++;
		}
	}
}
