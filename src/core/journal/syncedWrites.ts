import { constants } from "node:fs";
import type { Files } from "../files.ts";

/**
 * File systems of the Linux kernel that sync each `write` to a file opened with O_DSYNC, by the numbers of statfs(2).
 * Those that ask a program or a server (FUSE, 9p, NFS) are not among them: what reaches its disk is theirs to say.
 */
const localFileSystems: ReadonlySet<number> = new Set([
	0xef53, // ext2, ext3, ext4
	0x58465342, // XFS
	0x9123683e, // Btrfs
	0xf2f52010, // F2FS
	0x794c7630, // overlayfs, which opens the file below with the same flags
	0x01021994, // tmpfs
]);

/**
 * The flag that makes every `write` to the file at `path` return when its bytes are on disk, as `fdatasync` would, in
 * one trip to Node's thread pool instead of two; 0 where only `fdatasync` does. That of macOS does not empty the drive's
 * cache, which Node's `fdatasync` does.
 */
export async function syncedWriteFlag(files: Files, path: string): Promise<number> {
	if (process.platform !== "linux") {
		return 0;
	}
	// What keeps the file from being looked at keeps it from being opened, which says so.
	const found = await files.statfs(path).catch(() => undefined);
	return found && localFileSystems.has(found.type) ? constants.O_DSYNC : 0;
}
