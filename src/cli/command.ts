import type { ParseArgsOptionsConfig } from "node:util";
import type { Cli } from "./cli.ts";

/** A call that makes no sense: printed with the verb's usage, exit code 2. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

/** What was given to a verb. */
export interface Arguments {
	readonly positionals: readonly string[];
	/** True when the flag was given. */
	flag(name: string): boolean;
	/** The value of an option, or undefined when it was not given. */
	text(name: string): string | undefined;
}

export interface Command {
	readonly name: string;
	/** What stands after `skein` in its usage line. */
	readonly usage: string;
	readonly summary: string;
	readonly options?: ParseArgsOptionsConfig;
	/** Fewest and most positional arguments. */
	readonly takes: readonly [least: number, most: number];
	/** Returns the exit code; 0 when it returns nothing. Throws a HumanError for what cannot be done. */
	// biome-ignore lint/suspicious/noConfusingVoidType: most verbs have nothing to return
	run(cli: Cli, args: Arguments): Promise<number | void>;
}
