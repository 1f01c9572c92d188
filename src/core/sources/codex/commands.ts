import { asList, asNumber, asText, isJson, type Json, parseObject } from "./schema.ts";

const shells = /(?:^|[\\/])(?:bash|sh|zsh|dash|fish|pwsh|powershell)(?:\.exe)?$/i;

/** The command line as a person would type it: shell wrappers (`bash -lc`) are taken off, arguments quoted. */
export function commandLine(command: unknown): string {
	if (typeof command === "string") {
		return command;
	}
	const words = asList(command).map((word) =>
		typeof word === "string" ? word : JSON.stringify(word),
	);
	const [shell, flag, script] = words;
	if (
		words.length === 3 &&
		shell !== undefined &&
		flag !== undefined &&
		script !== undefined &&
		shells.test(shell) &&
		/^(-[a-z]*c|-Command|\/c)$/i.test(flag)
	) {
		return script;
	}
	return words.map(quoted).join(" ");
}

function quoted(word: string): string {
	if (/^[\w@%+=:,./\\-]+$/.test(word)) {
		return word;
	}
	return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A plain path from a path or a `file://` address. */
export function plainPath(value: string | undefined): string | undefined {
	if (!value?.startsWith("file://")) {
		return value;
	}
	try {
		const decoded = decodeURIComponent(value.slice("file://".length));
		return /^\/[A-Za-z]:/.test(decoded) ? decoded.slice(1) : decoded;
	} catch {
		return value.slice("file://".length);
	}
}

/** What a call of a command tool asks for, in all its shapes (formats: Codex 1.5). */
export interface Asked {
	readonly command: string;
	readonly cwd: string | undefined;
}

/** Names of tools that run a command. */
export const commandTools: ReadonlySet<string> = new Set([
	"shell",
	"shell_command",
	"exec_command",
	"container.exec",
	"local_shell",
	"unified_exec",
]);

export function askedOf(call: Json): Asked | undefined {
	const action = call["action"];
	if (call["type"] === "local_shell_call" && isJson(action)) {
		return { command: commandLine(action["command"]), cwd: asText(action["working_directory"]) };
	}
	const given = call["arguments"] ?? call["input"];
	const input = typeof given === "string" ? parseObject(given) : isJson(given) ? given : undefined;
	if (!input) {
		return typeof given === "string" ? { command: given, cwd: undefined } : undefined;
	}
	const command = input["cmd"] ?? input["command"];
	return {
		command: command === undefined ? (asText(given) ?? "") : commandLine(command),
		cwd: asText(input["workdir"]) ?? asText(input["cwd"]),
	};
}

export interface Output {
	readonly text: string;
	readonly exitCode: number | undefined;
	readonly durationMs: number | undefined;
}

const headLines =
	/^(Command|Chunk ID|Wall time|Process exited with code|Process running with session ID|Original token count|Exit code|Total output lines):/;
const headWords = /^(Process exited with code|Process running with session ID) /;

/**
 * The text, exit code and wall time in what a command tool answered: JSON with `output` and `metadata`, or plain text
 * below a head of `Exit code:`, `Wall time:`, `Chunk ID:` lines that ends at `Output:`. Heads can be nested.
 */
export function outputOf(raw: string): Output {
	if (raw.startsWith('{"output"')) {
		const parsed = parseObject(raw);
		const text = asText(parsed?.["output"]);
		if (parsed && text !== undefined) {
			const metadata = isJson(parsed["metadata"]) ? parsed["metadata"] : {};
			const seconds = asNumber(metadata["duration_seconds"]);
			return {
				text,
				exitCode: asNumber(metadata["exit_code"]),
				durationMs: seconds === undefined ? undefined : Math.round(seconds * 1000),
			};
		}
	}
	let rest = raw;
	let exitCode: number | undefined;
	let durationMs: number | undefined;
	for (let heads = 0; heads < 2; heads++) {
		const head = headOf(rest);
		if (!head) {
			break;
		}
		exitCode = head.exitCode ?? exitCode;
		durationMs = Math.max(head.durationMs ?? 0, durationMs ?? 0);
		rest = head.body;
	}
	return { text: rest, exitCode, durationMs };
}

/** Exit code in an answer, looked for in its first and last bytes only: for rows, which need no more. */
export function exitCodeIn(raw: string): number | undefined {
	if (raw.startsWith('{"output"')) {
		const match = /"metadata":\{"exit_code":(-?\d+)/.exec(raw.slice(-200));
		return match ? Number(match[1]) : undefined;
	}
	return outputOf(raw.slice(0, 4096)).exitCode;
}

/** True for the answers that mean a person or a rule refused the call. */
export function isRefusal(raw: string): boolean {
	const start = raw.slice(0, 2000);
	// Nearly every answer is none: two plain searches are a tenth of what the expressions take.
	const mayBe = start.includes("ejected") || start.includes("EJECTED");
	return (
		mayBe &&
		(/rejected by user|rejected by (?:policy|guardian)|user rejected|patch rejected/i.test(start) ||
			/^exec_command failed for .*Rejected\(/s.test(start))
	);
}

/** True for the answers of tools that failed before they ran. */
export function isFailure(raw: string): boolean {
	return /^(apply_patch verification failed|exec_command failed|write_stdin failed|failed to parse function arguments|unsupported call|execution error)/.test(
		raw,
	);
}

function headOf(
	text: string,
): { exitCode: number | undefined; durationMs: number | undefined; body: string } | undefined {
	let at = 0;
	let lines = 0;
	let exitCode: number | undefined;
	let durationMs: number | undefined;
	for (;;) {
		const end = text.indexOf("\n", at);
		const line = end === -1 ? text.slice(at) : text.slice(at, end);
		if (line === "Output:") {
			return lines === 0
				? undefined
				: { exitCode, durationMs, body: end === -1 ? "" : text.slice(end + 1) };
		}
		if (!headLines.test(line) && !headWords.test(line)) {
			// A command of several lines stands in the head as it was typed.
			if (lines === 0 || lines > 400 || end === -1 || !text.startsWith("Command:")) {
				return undefined;
			}
		}
		const code = /^(?:Exit code:|Process exited with code) *(-?\d+)/.exec(line)?.[1];
		exitCode = code === undefined ? exitCode : Number(code);
		const seconds = /^Wall time: *([\d.]+)/.exec(line)?.[1];
		durationMs = seconds === undefined ? durationMs : Math.round(Number(seconds) * 1000);
		if (end === -1) {
			return undefined;
		}
		lines++;
		at = end + 1;
	}
}

/** Milliseconds of a `{secs, nanos}` pair. */
export function durationOf(value: unknown): number | undefined {
	if (!isJson(value)) {
		return undefined;
	}
	const secs = asNumber(value["secs"]);
	const nanos = asNumber(value["nanos"]);
	return secs === undefined && nanos === undefined
		? undefined
		: Math.round((secs ?? 0) * 1000 + (nanos ?? 0) / 1e6);
}
