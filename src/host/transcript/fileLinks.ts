/** A place in a file, as a link in an answer names it. */
export interface FileLink {
	/** As it was written: relative to the session's folder, or absolute. */
	readonly path: string;
	/** Counted from 1. */
	readonly line?: number;
	readonly column?: number;
}

/**
 * What a link that is no web address means: `src/a.ts`, `src/a.ts:12`, `src/a.ts:12:5`, `src/a.ts#L12`, `#L12C5`, `#L12-L20`.
 * Any other fragment is a heading, which nothing here can find: the file is meant.
 */
export function fileLink(href: string): FileLink {
	const [, bare = href, fragment = ""] = /^(.*?)(?:#(.*))?$/s.exec(decoded(href)) ?? [];
	const inFragment = /^L(\d+)(?:C(\d+))?/.exec(fragment);
	const inPath = inFragment ? null : /^(.+?):(\d+)(?::(\d+))?(?:-\d+)?$/.exec(bare);
	const line = Number(inFragment?.[1] ?? inPath?.[2]);
	const column = Number(inFragment?.[2] ?? inPath?.[3]);
	return {
		path: inPath?.[1] ?? bare,
		...(line > 0 ? { line } : {}),
		...(line > 0 && column > 0 ? { column } : {}),
	};
}

/** The page's Markdown encodes what is not allowed in an address. */
function decoded(href: string): string {
	try {
		return decodeURIComponent(href);
	} catch {
		return href;
	}
}
