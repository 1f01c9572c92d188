import { type Folders, runCli } from "./harness.ts";

// What the `skein` command says and does in a window's folder: another process of the same person.

export interface Listed {
	readonly id: string;
	readonly title: string;
	readonly source: string;
	readonly archived: boolean;
	readonly trashed: boolean;
	readonly parent: { readonly session: string; readonly at: string } | null;
}

export async function listed(folders: Folders): Promise<Listed[]> {
	const { sessions } = JSON.parse(await runCli(folders, ["list", "--all", "--json"])) as {
		sessions: Listed[];
	};
	return sessions;
}

export interface ShownItem {
	readonly id: string;
	readonly type: string;
	readonly text?: string;
}

export async function itemsOf(folders: Folders, id: string): Promise<ShownItem[]> {
	const lines = (await runCli(folders, ["show", id, "--items"])).trim().split("\n");
	return lines.map((line) => JSON.parse(line) as ShownItem);
}

export async function create(folders: Folders, title: string, ...items: object[]): Promise<string> {
	const { session } = JSON.parse(
		await runCli(folders, [
			"create",
			"--title",
			title,
			"--agent",
			"codex",
			"--model",
			"gpt-5.5",
			"--json",
		]),
	) as { session: { id: string } };
	await append(folders, session.id, ...items);
	return session.id;
}

export async function append(folders: Folders, id: string, ...items: object[]): Promise<void> {
	if (items.length > 0) {
		await runCli(folders, ["append", id], items.map((item) => JSON.stringify(item)).join("\n"));
	}
}
