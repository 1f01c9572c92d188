import type { Json } from "./schema.ts";

const envelope = /^\{"timestamp":"([^"]*)",(?:"ordinal":(\d+),)?"type":"(\w+)","payload":\{/;
const silentReasoning =
	/^"type":"reasoning",(?:"id":"[^"]*",)?"summary":\[\],(?:"content":null,)?"encrypted_content"/;
const answer = /^"type":"(\w+_output)",(?:"id":"[^"]*",)?"call_id":"([^"\\]*)"/;
const summary = /"message":("(?:[^"\\]|\\.)*")/;

const smallLine = 2048;
const largeLine = 1024 * 1024;
const glue = Buffer.from('}{"timestamp":"');

/**
 * Reads the head of a line where that is all that is needed of it: large states, reasoning that is only encrypted, answers
 * of a megabyte and more. Codex writes its fields in a fixed order; a line in another order is parsed as a whole.
 * @returns the record without its large fields, "bookkeeping", or undefined when the line has to be parsed.
 */
export function peek(bytes: Buffer): Json | "bookkeeping" | undefined {
	if (bytes.length < smallLine || bytes[bytes.length - 1] !== 125 /* } */) {
		return undefined;
	}
	const head = bytes.toString("latin1", 0, 512);
	const match = envelope.exec(head);
	if (!match) {
		return undefined;
	}
	const rest = head.slice(match[0].length);
	const type = match[3];
	const common = { timestamp: match[1], ...(match[2] ? { ordinal: Number(match[2]) } : {}), type };
	if (type === "world_state" || (type === "response_item" && silentReasoning.test(rest))) {
		return bytes.includes(glue) ? undefined : "bookkeeping";
	}
	if (type === "compacted") {
		const text = summary.exec(bytes.toString("utf8", 0, 256 * 1024));
		if (text?.index === match[0].length && text[1] !== undefined && !bytes.includes(glue)) {
			return { ...common, payload: { message: JSON.parse(text[1]) as string } };
		}
		return undefined;
	}
	if (bytes.length >= largeLine && type === "response_item") {
		const found = answer.exec(rest);
		if (found && !bytes.includes(glue)) {
			const code =
				/(?:Exit code:|exited with code) (-?\d+)/.exec(head)?.[1] ??
				/\\"exit_code\\":(-?\d+)/.exec(bytes.toString("latin1", bytes.length - 300))?.[1];
			const output = code === undefined ? "" : `Exit code: ${code}\nOutput:\n`;
			return { ...common, payload: { type: found[1], call_id: found[2], output } };
		}
	}
	return undefined;
}
