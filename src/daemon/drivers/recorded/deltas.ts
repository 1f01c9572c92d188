import * as z from "zod/mini";
import { parseJson } from "../../runtime/jsonFile.ts";

const CodexDelta = z.looseObject({
	method: z.string().check(z.regex(/delta$/i)),
	params: z.looseObject({ itemId: z.string(), delta: z.string() }),
});
const AcpChunk = z.looseObject({
	params: z.looseObject({
		update: z.looseObject({
			sessionUpdate: z.string().check(z.regex(/_chunk$/)),
			content: z.looseObject({ type: z.literal("text"), text: z.string() }),
		}),
	}),
});

/** A line that carries a piece of a streaming text. */
export interface Piece {
	/** Pieces of one key make one text. */
	readonly key: string;
	readonly text: string;
	/** The line with another text in its place. */
	with(text: string): string;
}

/** The piece of text in a line of either protocol; undefined when it carries none. */
export function pieceOf(line: string): Piece | undefined {
	const value = parseJson(line);
	const codex = CodexDelta.safeParse(value);
	if (codex.success) {
		const { method, params } = codex.data;
		return {
			key: `${method} ${params.itemId}`,
			text: params.delta,
			with: (delta) => JSON.stringify({ ...codex.data, params: { ...params, delta } }),
		};
	}
	const acp = AcpChunk.safeParse(value);
	if (acp.success) {
		const { params } = acp.data;
		const { update } = params;
		return {
			key: update.sessionUpdate,
			text: update.content.text,
			with: (text) => {
				const content = { ...update.content, text };
				return JSON.stringify({
					...acp.data,
					params: { ...params, update: { ...update, content } },
				});
			},
		};
	}
	return undefined;
}

/** Redacts texts that come in pieces as wholes: a secret may be cut in two. Returns the lines, as many as were given. */
export function redactPieces(lines: readonly string[], redact: (text: string) => string): string[] {
	const pieces = lines.map(pieceOf);
	const texts = new Map<string, string>();
	for (const piece of pieces) {
		if (piece) {
			texts.set(piece.key, (texts.get(piece.key) ?? "") + piece.text);
		}
	}
	const left = new Map<string, string>();
	for (const [key, text] of texts) {
		const redacted = redact(text);
		if (redacted !== text) {
			left.set(key, redacted);
		}
	}
	const last = new Map<string, number>();
	for (const [index, piece] of pieces.entries()) {
		if (piece) {
			last.set(piece.key, index);
		}
	}
	return lines.map((line, index) => {
		const piece = pieces[index];
		const rest = piece && left.get(piece.key);
		if (!piece || rest === undefined) {
			return redact(line);
		}
		const cut = last.get(piece.key) === index ? rest.length : piece.text.length;
		left.set(piece.key, rest.slice(cut));
		return redact(piece.with(rest.slice(0, cut)));
	});
}
