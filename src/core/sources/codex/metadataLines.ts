import { HumanError } from "../../../base/errors.ts";
import { asJson, asText, type Json } from "./schema.ts";

export type MemoryMode = "enabled" | "disabled";

/** What to change of a thread: what is left out stays, null takes it away. */
export interface ThreadPatch {
	readonly name?: string;
	readonly memoryMode?: MemoryMode;
	readonly git?: {
		readonly commit?: string | null;
		readonly branch?: string | null;
		readonly repositoryUrl?: string | null;
	};
}

/** Lets only files pass in which a line more is what Codex expects. Throws a HumanError. */
export function checkHead(file: string, first: Json | undefined, thread: string): void {
	const meta = first?.["type"] === "session_meta" ? asJson(first["payload"]) : undefined;
	if (!first || !meta) {
		throw new HumanError(
			"unknown-layout",
			`${file} does not begin as Codex's sessions do that can be renamed or archived. Nothing was changed.`,
		);
	}
	if (meta["id"] !== thread) {
		throw new HumanError(
			"id-mismatch",
			`${file} is of another session than its name says (metadata id mismatch: expected ${thread}, found ${asText(meta["id"]) ?? "none"}). Nothing was changed.`,
		);
	}
	if (first["ordinal"] !== undefined || (meta["history_mode"] ?? "legacy") !== "legacy") {
		throw needsCodex("Codex keeps the name and the place of this session in its own database");
	}
}

/** For what only Codex can change. */
export function needsCodex(why: string): HumanError {
	return new HumanError(
		"needs-codex",
		`${why}, so Codex itself is needed to change it, and was not found. Nothing was changed; install Codex, or set the path of its program.`,
	);
}

/** The name that a line gives its thread. */
export function nameIn(line: Json | undefined): string | undefined {
	const payload = line?.["type"] === "event_msg" ? asJson(line["payload"]) : undefined;
	return payload?.["type"] === "thread_name_updated" ? asText(payload["thread_name"]) : undefined;
}

/** The `session_meta` of a thread after a patch. */
export function patched(meta: Json, { memoryMode, git }: ThreadPatch): Json {
	const { git: known, ...rest } = meta;
	const facts = {
		...asJson(known),
		...(git?.commit === undefined ? {} : { commit_hash: git.commit }),
		...(git?.branch === undefined ? {} : { branch: git.branch }),
		...(git?.repositoryUrl === undefined ? {} : { repository_url: git.repositoryUrl }),
	};
	const left = Object.entries(facts).filter(([, value]) => value !== null);
	return {
		...rest,
		...(memoryMode === undefined ? {} : { memory_mode: memoryMode }),
		...(left.length > 0 ? { git: Object.fromEntries(left) } : {}),
	};
}
