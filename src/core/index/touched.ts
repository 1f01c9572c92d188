import * as path from "node:path";

/**
 * The form in which the index keeps the path of a changed file: with forward slashes; relative to `base` where it is
 * inside (so a folder can move), else absolute where that is known. Windows' names are one whatever their case.
 * @param base the workspace folder of a store; undefined for a source, whose sessions lie everywhere.
 * @param cwd the session's folder, which relative paths start from.
 */
export function touchedPath(base: string | undefined, cwd: string | null, file: string): string {
	const rules = [file, cwd, base].some((each) => each && /^[A-Za-z]:[\\/]/.test(each))
		? path.win32
		: path.posix;
	const start = cwd ?? base;
	const whole =
		start === undefined || start === null ? rules.normalize(file) : rules.resolve(start, file);
	const inside = base === undefined ? whole : relativeInside(rules, base, whole);
	const slashes = rules === path.win32 ? inside.replaceAll("\\", "/").toLowerCase() : inside;
	return slashes;
}

function relativeInside(rules: path.PlatformPath, base: string, whole: string): string {
	const relative = rules.relative(base, whole);
	const outside =
		relative === "" ||
		relative === ".." ||
		relative.startsWith(`..${rules.sep}`) ||
		rules.isAbsolute(relative);
	return outside ? whole : relative;
}
