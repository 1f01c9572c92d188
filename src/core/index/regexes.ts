import * as vm from "node:vm";
import type { Query } from "./query.ts";
import { QueryError } from "./queryError.ts";
import type { Range } from "./words.ts";

/** An expression that is longer at a page of texts than this never ends. ms. */
const verdictTimeout = 2000;
/** Marks are worth less waiting: what is found has been found. ms. */
const marksTimeout = 1000;

// Both in a context of their own, because only there can an expression that never ends be ended.

const verdicts = new vm.Script(
	`texts.map((text) => regexes.every(({ pattern, wanted }) => {
		pattern.lastIndex = 0;
		return pattern.test(text) === wanted;
	}))`,
);

/** Which texts match. Throws a QueryError when an expression does not come to an end. */
export function passing(texts: readonly string[], regexes: Query["regexes"]): boolean[] {
	try {
		const context = vm.createContext({ texts, regexes });
		return verdicts.runInContext(context, { timeout: verdictTimeout }) as boolean[];
	} catch (error) {
		if (isTimeout(error)) {
			throw new QueryError("This regular expression takes too long; make it simpler.", 0);
		}
		throw error;
	}
}

const marks = new vm.Script(
	`for (const text of texts) {
		pattern.lastIndex = 0;
		let count = 0;
		for (const match of text.matchAll(pattern)) {
			if (match[0] !== "") {
				found(match.index, match.index + match[0].length);
				if (++count === limit) {
					break;
				}
			}
		}
		next();
	}`,
);

/** Where an expression (with the flag `g`) matches in each text, but for what it does not find in time. */
export function rangesIn(texts: readonly string[], pattern: RegExp, limit: number): Range[][] {
	const ranges: Range[][] = texts.map(() => []);
	let at = 0;
	const found = (start: number, end: number) => ranges[at]?.push([start, end]);
	const next = () => at++;
	try {
		const context = vm.createContext({ texts, pattern, limit, found, next });
		marks.runInContext(context, { timeout: marksTimeout });
	} catch (error) {
		if (!isTimeout(error)) {
			throw error;
		}
	}
	return ranges;
}

/** Thrown in the other context, so it is no Error of ours. */
function isTimeout(error: unknown): boolean {
	return (
		typeof error === "object" &&
		error !== null &&
		"code" in error &&
		error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
	);
}
