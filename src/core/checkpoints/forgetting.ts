import * as path from "node:path";
import { isThere, nodeFiles } from "../files.ts";
import { isUlid } from "../journal/ids.ts";
import { StoreLayout } from "../store/layout.ts";
import { type Checkpoints, refRoot } from "./checkpoints.ts";
import type { Repository } from "./repository.ts";

/** Checkpoints younger than this stay: their session may be on its way from elsewhere. ms. */
const youngerStay = 7 * 24 * 60 * 60 * 1000;

/**
 * Removes the refs of purged sessions' checkpoints: those and no others. A session that another working tree of the
 * repository still has keeps its refs. Returns how many went.
 */
export async function forgetSessions(
	checkpoints: Checkpoints,
	sessions: readonly string[],
): Promise<number> {
	const repository = await checkpoints.open();
	const { git } = repository;
	const stores = await storesOf(repository);
	const lines: string[] = [];
	for (const session of sessions) {
		if (await isInOne(stores, session)) {
			continue;
		}
		const format = "--format=%(refname) %(objectname)";
		const refs = await git.line(["for-each-ref", format, `${refRoot}/${session}/`]);
		lines.push(...refs.split("\n").filter((line) => line !== ""));
	}
	if (lines.length > 0) {
		const input = lines.map((line) => `delete ${line}\n`).join("");
		await git.run(["update-ref", "--stdin"], { input });
	}
	return lines.length;
}

/**
 * Sessions that have checkpoints in the repository, none of them younger than seven days, and that neither `isKnown`
 * knows nor a working tree of the repository has: {@link forgetSessions} takes their ids. `now` in ms.
 */
export async function findForgottenSessions(
	checkpoints: Checkpoints,
	isKnown: (session: string) => Promise<boolean>,
	now: number,
): Promise<string[]> {
	const repository = await checkpoints.open();
	const format = "--format=%(refname) %(committerdate:unix)";
	const printed = await repository.git.line(["for-each-ref", format, `${refRoot}/`]);
	const newest = new Map<string, number>();
	for (const line of printed.split("\n")) {
		const [name = "", seconds] = line.split(" ");
		const session = name.slice(refRoot.length + 1).split("/")[0] ?? "";
		if (isUlid(session)) {
			newest.set(session, Math.max(newest.get(session) ?? 0, Number(seconds) * 1000));
		}
	}
	const stores = await storesOf(repository);
	const found: string[] = [];
	for (const [session, time] of newest) {
		const isOld = now - time >= youngerStay;
		if (isOld && !(await isKnown(session)) && !(await isInOne(stores, session))) {
			found.push(session);
		}
	}
	return found;
}

/** Where the stores of the workspace folder stand in all working trees of the repository, this one included. */
async function storesOf({ git, prefix }: Repository): Promise<StoreLayout[]> {
	const listed = await git.line(["worktree", "list", "--porcelain"]);
	return listed
		.split("\n")
		.filter((line) => line.startsWith("worktree "))
		.map((line) => path.normalize(line.slice("worktree ".length)))
		.map((tree) => new StoreLayout(path.join(tree, prefix)));
}

async function isInOne(stores: readonly StoreLayout[], session: string): Promise<boolean> {
	const files = stores.flatMap((store) => [store.journal(session), store.purging(session)]);
	return (await Promise.all(files.map((file) => isThere(nodeFiles, file)))).includes(true);
}
