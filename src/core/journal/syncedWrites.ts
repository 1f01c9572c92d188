import { constants } from "node:fs";
import { isOnLocalFileSystem } from "../fileSystems.ts";
import type { Files } from "../files.ts";

/**
 * The flag that makes every `write` to the file at `path` return when its bytes are on disk, as `fdatasync` would, in
 * one trip to Node's thread pool instead of two; 0 where only `fdatasync` does. That of macOS does not empty the drive's
 * cache, which Node's `fdatasync` does.
 */
export async function syncedWriteFlag(files: Files, path: string): Promise<number> {
	return (await isOnLocalFileSystem(files, path)) === true ? constants.O_DSYNC : 0;
}
