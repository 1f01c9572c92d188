/** Text of a session or a process as it is, in a MarkdownString: no markup, no links, no icons out of it. */
export function escapeMarkdown(text: string): string {
	return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]()#+\-.!|<>$&~@:/]/g, "\\$&");
}
