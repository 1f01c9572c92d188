import { homedir, tmpdir } from "node:os";
import * as path from "node:path";

/** The per-user folders that Skein shares among windows, the daemon and the CLI. None is read from a workspace. */
export interface Locations {
	/** Kept copies (`keep/`). */
	readonly data: string;
	/** Indexes and catalogues: deletable. */
	readonly cache: string;
	/** The user's home, where sources look. */
	readonly home: string;
	/** The environment sources honour (`CODEX_HOME`, ...). */
	readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where the platform keeps a user's data and caches (XDG on Linux, Library on macOS, AppData on Windows). */
export function userLocations(
	env: Readonly<Record<string, string | undefined>> = process.env,
	platform: NodeJS.Platform = process.platform,
): Locations {
	const home = (platform === "win32" ? env["USERPROFILE"] : env["HOME"]) || homedir() || tmpdir();
	const folder = (name: string, fallback: string) => {
		const value = env[name];
		return path.join(value && path.isAbsolute(value) ? value : fallback, "skein");
	};
	switch (platform) {
		case "win32": {
			const local = path.join(home, "AppData", "Local");
			return {
				data: path.join(folder("LOCALAPPDATA", local), "data"),
				cache: path.join(folder("LOCALAPPDATA", local), "cache"),
				home,
				env,
			};
		}
		case "darwin":
			return {
				data: folder("XDG_DATA_HOME", path.join(home, "Library", "Application Support")),
				cache: folder("XDG_CACHE_HOME", path.join(home, "Library", "Caches")),
				home,
				env,
			};
		default:
			return {
				data: folder("XDG_DATA_HOME", path.join(home, ".local", "share")),
				cache: folder("XDG_CACHE_HOME", path.join(home, ".cache")),
				home,
				env,
			};
	}
}
