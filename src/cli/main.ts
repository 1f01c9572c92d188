import { parseArgs } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { causeInWords, errorSentence, HumanError, systemErrorCode } from "../base/errors.ts";
import { printableLine } from "../core/export/printable.ts";
import { Cli, workspaceFolder } from "./cli.ts";
import { type Arguments, type Command, UsageError } from "./command.ts";
import { commands } from "./commands.ts";
import { Output } from "./output.ts";
import { table } from "./table.ts";

const globalOptions = {
	store: { type: "string" },
	json: { type: "boolean" },
	help: { type: "boolean", short: "h" },
	version: { type: "boolean" },
} as const;

const out = new Output(process.stdout);
const err = new Output(process.stderr);

process.exitCode = await main(process.argv.slice(2));

/** Runs one call; returns the exit code: 0, 1 for what could not be done, 2 for a call that makes no sense. */
async function main(args: readonly string[]): Promise<number> {
	let command: Command | undefined;
	try {
		command = commandOf(args);
		return command ? await runCommand(command, args) : general(args);
	} catch (error) {
		if (error instanceof UsageError) {
			const usage = command ? `skein ${command.usage}` : "skein VERB ... (skein --help lists them)";
			err.write(`${printableLine(error.message)}\nUsage: ${usage}\n`);
			return 2;
		}
		err.write(`${printableLine(sentence(error))}\n`);
		return 1;
	}
}

/** The verb: the first argument that is not an option of ours. */
function commandOf(args: readonly string[]): Command | undefined {
	const { tokens } = parseArgs({
		args: [...args],
		options: globalOptions,
		strict: false,
		tokens: true,
	});
	const first = tokens.find((token) => token.kind === "positional");
	if (!first) {
		return undefined;
	}
	const command = commands.find(({ name }) => name === first.value);
	if (!command) {
		throw new UsageError(`There is no verb "${first.value}".`);
	}
	return command;
}

/** A call without a verb. */
function general(args: readonly string[]): number {
	const { values } = parse(args, {});
	if (values["version"] === true) {
		out.write(`skein ${manifest.version}\n`);
		return 0;
	}
	if (values["help"] === true) {
		out.write(help());
		return 0;
	}
	throw new UsageError("A verb is missing.");
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
	const { values, positionals } = parse(args, command.options ?? {});
	if (values["help"] === true) {
		out.write(`${command.summary}.\n\nUsage: skein ${command.usage}\n`);
		return 0;
	}
	const own = positionals.slice(1);
	const [least, most] = command.takes;
	if (own.length < least || own.length > most) {
		throw new UsageError(
			own.length < least ? "An argument is missing." : "There are too many arguments.",
		);
	}
	const given: Arguments = {
		positionals: own,
		flag: (name) => values[name] === true,
		text: (name) => {
			const value = values[name];
			return typeof value === "string" ? value : undefined;
		},
	};
	const folder = workspaceFolder(given.text("store"), process.cwd());
	const cli = new Cli({ folder, json: given.flag("json"), out, err });
	try {
		return (await command.run(cli, given)) ?? 0;
	} finally {
		await cli.store.close();
	}
}

function parse(
	args: readonly string[],
	options: NonNullable<Command["options"]>,
): { values: Readonly<Record<string, unknown>>; positionals: string[] } {
	try {
		return parseArgs({
			args: [...args],
			options: { ...options, ...globalOptions },
			allowPositionals: true,
		});
	} catch (error) {
		if (systemErrorCode(error)?.startsWith("ERR_PARSE_ARGS")) {
			throw new UsageError(errorSentence(error));
		}
		throw error;
	}
}

function sentence(error: unknown): string {
	if (error instanceof HumanError) {
		return error.message;
	}
	if (systemErrorCode(error) !== undefined) {
		return `It could not be done: ${causeInWords(error)}. (${errorSentence(error)})`;
	}
	return `This is a fault of Skein itself: ${error instanceof Error ? error.stack : String(error)}`;
}

function help(): string {
	return `Usage: skein VERB [ARGUMENTS] [--store DIR] [--json]

Sessions of coding agents as durable objects of a workspace.

${table(commands.map(({ usage, summary }) => [`  ${usage}`, summary]))}
--store DIR   the workspace folder (default: the nearest one with .vscode/skein, else the current folder)
--json        print one JSON document
--help        this text; after a verb, that verb's usage
--version     the version

Exit codes: 0 done, 1 not done (a sentence on standard error says why), 2 wrong usage.
`;
}
