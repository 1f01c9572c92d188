/** What stands below this line of the README is about the repository. */
export const repositoryOnly = "<!-- Only in the repository: what follows is not packaged. -->";

/**
 * A Markdown page as the package shows it in VS Code's details of an extension: there no file beside it can be reached, so
 * images of the repository are left out, and links to its files become plain text. Links to the web and within the page
 * stay.
 */
export function packagedPage(markdown: string): string {
	const [kept = ""] = markdown.split(`\n${repositoryOnly}\n`, 1);
	const page = kept
		.replaceAll(/^!\[[^\]]*\]\((?!https:)[^)]*\)\n\n?/gm, "")
		.replaceAll(/\[([^\]]+)\]\((?![a-z]+:|#)[^)]*\)/g, (_, text: string) => plain(text));
	return `${page.trimEnd()}\n`;
}

/** A text that only names the file is of use when one knows where that is. */
function plain(text: string): string {
	return /^[\w/.-]+\.md$/.test(text) ? `\`${text}\` in Skein's source` : text;
}
