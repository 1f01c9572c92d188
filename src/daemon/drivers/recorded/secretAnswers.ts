import * as z from "zod/mini";
import { parseJson } from "../../runtime/jsonFile.ts";
import type { LogEntry } from "./protocolLog.ts";

const Message = z.looseObject({
	id: z.union([z.string(), z.number()]),
	method: z.optional(z.string()),
	result: z.optional(z.unknown()),
});

const secretQuestion = /"isSecret"\s*:\s*true/;

/** Takes what a person answers to secret questions out of the lines of a protocol. */
export class SecretAnswers {
	/** Requests of the agent's that ask for a secret and are not answered yet. */
	private readonly asked = new Set<string | number>();

	/** The line as it may be kept. To be told of every line, in order. */
	conceal(from: LogEntry["from"], line: string): string {
		if (from === "agent" ? !secretQuestion.test(line) : this.asked.size === 0) {
			return line;
		}
		const parsed = Message.safeParse(parseJson(line));
		if (!parsed.success) {
			return line;
		}
		const { id, method, result } = parsed.data;
		if (from === "agent") {
			if (method !== undefined) {
				this.asked.add(id);
			}
			return line;
		}
		return method === undefined && this.asked.delete(id)
			? JSON.stringify({ ...parsed.data, result: withoutTexts(result) })
			: line;
	}
}

function withoutTexts(value: unknown): unknown {
	if (typeof value === "string") {
		return "[REDACTED:answer]";
	}
	if (Array.isArray(value)) {
		return value.map(withoutTexts);
	}
	if (typeof value === "object" && value !== null) {
		return Object.fromEntries(
			Object.entries(value).map(([name, inner]) => [name, withoutTexts(inner)]),
		);
	}
	return value;
}
