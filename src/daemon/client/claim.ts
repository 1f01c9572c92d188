import { mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import * as path from "node:path";
import { systemErrorCode } from "../../base/errors.ts";
import { isUlid } from "../../core/journal/ids.ts";
import { isPrivate, processContext, runtimeFolderOf } from "../runtime/folder.ts";

/** No question is open that long without its daemon. ms. */
const forgottenAfter = 24 * 60 * 60 * 1000;

/**
 * True for the first window that asks about this approval, false for all others: so that one of them announces it. Needs
 * a daemon that has run for the folder.
 */
export async function claimApproval(
	folder: string,
	approval: string,
	env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<boolean> {
	const context = { ...processContext(), env };
	const runtime = await runtimeFolderOf(folder, context);
	if (!isUlid(approval) || !(await isPrivate(runtime.folder, context))) {
		return false;
	}
	const claims = path.join(runtime.folder, "announced");
	await mkdir(claims, { recursive: true, mode: 0o700 });
	try {
		await (await open(path.join(claims, approval), "wx", 0o600)).close();
	} catch (error) {
		if (systemErrorCode(error) === "EEXIST") {
			return false;
		}
		throw error;
	}
	await forgetOld(claims);
	return true;
}

async function forgetOld(claims: string): Promise<void> {
	for (const name of await readdir(claims)) {
		const file = path.join(claims, name);
		try {
			if (Date.now() - (await stat(file)).mtimeMs > forgottenAfter) {
				await unlink(file);
			}
		} catch (error) {
			// Another window forgets, too.
			if (systemErrorCode(error) !== "ENOENT") {
				throw error;
			}
		}
	}
}
