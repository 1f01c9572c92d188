import { HumanError } from "../../base/errors.ts";

/** A search that cannot be understood: what is wrong, and where. */
export class QueryError extends HumanError {
	/** Where in the query the wrong part begins, in UTF-16 units from 0, and how long it is. */
	readonly position: number;
	readonly length: number;

	constructor(message: string, position: number, length = 1) {
		super("bad-query", `${message} (at character ${position + 1})`);
		this.position = position;
		this.length = length;
	}
}
