import type { Files } from "./files.ts";

/**
 * File systems that the Linux kernel runs by itself, by the numbers of statfs(2). Those that ask a program or a server
 * (FUSE, 9p, NFS, SMB) are not among them: what reaches the disk, and who else writes, is theirs to know.
 */
const local: ReadonlySet<number> = new Set([
	0xef53, // ext2, ext3, ext4
	0x58465342, // XFS
	0x9123683e, // Btrfs
	0xf2f52010, // F2FS
	0x794c7630, // overlayfs, which hands everything to the file system below
	0x01021994, // tmpfs
]);

/** Whether a path is on a local file system; undefined where that cannot be told: on other systems, or for no such path. */
export async function isOnLocalFileSystem(
	files: Pick<Files, "statfs">,
	path: string,
): Promise<boolean | undefined> {
	if (process.platform !== "linux") {
		return undefined;
	}
	const found = await files.statfs(path).catch(() => undefined);
	return found && local.has(found.type);
}
