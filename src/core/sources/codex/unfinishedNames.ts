import * as path from "node:path";
import * as z from "zod/mini";
import { systemErrorCode } from "../../../base/errors.ts";
import { type Files, writeWhole } from "../../files.ts";
import { parseObject } from "./schema.ts";

/** A name that is being given: first to the rollout, then to the list of names. */
const Unfinished = z.object({
	home: z.string(),
	thread: z.string().check(z.regex(/^[0-9a-f-]{36}$/)),
	name: z.string(),
	/** The `timestamp` of its line, ISO 8601. */
	at: z.string(),
	/** The rollout. */
	file: z.string(),
});
export type UnfinishedName = Omit<z.infer<typeof Unfinished>, "home">;

/** A younger note may be of somebody who is still at it. ms. */
const patience = 10_000;

/** Notes, in Skein's own data folder, of names that are being given: what a crash has left there is completed later. */
export class UnfinishedNames {
	private readonly folder: string;
	private readonly home: string;
	private readonly files: Files;

	constructor(data: string, home: string, files: Files) {
		this.folder = path.join(data, "codex-names");
		this.home = home;
		this.files = files;
	}

	async note(name: UnfinishedName): Promise<void> {
		await this.files.mkdir(this.folder, { recursive: true, mode: 0o700 });
		const text = JSON.stringify({ home: this.home, ...name });
		await writeWhole(this.files, this.fileOf(name.thread), text, { replace: true });
	}

	async forget(thread: string): Promise<void> {
		await this.files.unlink(this.fileOf(thread)).catch(ifMissing);
	}

	/** Those of this home that nobody works on any more. */
	async list(now: number): Promise<readonly UnfinishedName[]> {
		const found: UnfinishedName[] = [];
		for (const name of (await this.files.readdir(this.folder).catch(ifMissing)) ?? []) {
			const file = path.join(this.folder, name);
			const text = name.endsWith(".json")
				? await this.files.readFile(file, "utf8").catch(ifMissing)
				: undefined;
			const note = Unfinished.safeParse(text === undefined ? undefined : parseObject(text));
			const isOld = note.success && now - Date.parse(note.data.at) > patience;
			if (isOld && note.data.home === this.home && this.fileOf(note.data.thread) === file) {
				found.push(note.data);
			}
		}
		return found;
	}

	private fileOf(thread: string): string {
		return path.join(this.folder, `${thread}.json`);
	}
}

function ifMissing(error: unknown): undefined {
	if (systemErrorCode(error) !== "ENOENT") {
		throw error;
	}
	return undefined;
}
