import { HumanError } from "../../base/errors.ts";

/** A search that cannot be understood: what is wrong, and where. */
export class QueryError extends HumanError {
	/** Where in the query the wrong part begins, in UTF-16 units from 0, and how long it is. */
	readonly position: number;
	readonly length: number;

	/** What is wrong, without the place. */
	readonly problem: string;

	constructor(problem: string, position: number, length = 1) {
		super("bad-query", `Character ${position + 1} of the search: ${problem}`);
		this.problem = problem;
		this.position = position;
		this.length = length;
	}
}
