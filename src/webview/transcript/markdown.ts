import DOMPurify, { type Config } from "dompurify";
import MarkdownIt from "markdown-it";
import { highlight } from "./highlight.ts";
import { hasLongLine, pieces } from "./pure/pieces.ts";
import { visibleText } from "./pure/visibleText.ts";

/** Longer texts are shown as they are: no reader misses the bold face there, and parsing them would block the page. */
const markdownMost = 100_000;
/** The same for one line: a person writes none so long, and a browser lays it out badly. */
const lineMost = 20_000;

const markdown = new MarkdownIt({
	html: false,
	linkify: true,
	breaks: false,
	highlight,
});
// Quadratic on hostile input and of no use here: a bare "example.com" is more often a file name than an address.
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

// An image in a text is a request to somebody's server: it becomes a link that a person may follow.
markdown.renderer.rules["image"] = (tokens, index) => {
	const token = tokens[index];
	const source = String(token?.attrGet("src") ?? "");
	const { escapeHtml } = markdown.utils;
	return `<a href="${escapeHtml(source)}">${escapeHtml(token?.content || source)}</a>`;
};
// markdown-it aligns table cells by a style attribute, which the page's policy refuses: use a class.
for (const name of ["th_open", "td_open"]) {
	markdown.renderer.rules[name] = (tokens, index, options, _env, self) => {
		const token = tokens[index];
		const align = /text-align:(\w+)/.exec(String(token?.attrGet("style") ?? ""))?.[1];
		if (token && align) {
			token.attrs = (token.attrs ?? []).filter(([key]) => key !== "style");
			token.attrJoin("class", `align-${align}`);
		}
		return self.renderToken(tokens, index, options);
	};
}
markdown.renderer.rules["table_open"] = () => `<div class="table"><table>`;
markdown.renderer.rules["table_close"] = () => `</table></div>`;

const allowed: Config & { RETURN_DOM_FRAGMENT: true } = {
	ALLOWED_TAGS: [
		..."p br hr h1 h2 h3 h4 h5 h6 strong em s del code pre blockquote ul ol li a span div".split(
			" ",
		),
		..."table thead tbody tr th td".split(" "),
	],
	ALLOWED_ATTR: ["href", "class", "start"],
	// The web, mail, and paths, with a line number or a drive letter too; `followable` decides once more.
	ALLOWED_URI_REGEXP:
		/^(?:(?:https?|mailto):|[a-z]:[\\/]|[^a-z]|[a-z0-9+.-]+(?:[^a-z0-9+.:-]|$)|[^:\s]+(?::\d+){1,2}$)/i,
	ALLOW_DATA_ATTR: false,
	ALLOW_ARIA_ATTR: false,
	RETURN_DOM_FRAGMENT: true,
};

/** A link's address when it may be followed: the web, mail, or a path (which the host looks up as a file). */
export function followable(href: string): string | undefined {
	const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(href)?.[1]?.toLowerCase();
	// "src/a.ts:12" and "C:\a" have no scheme either: a scheme is longer than a letter and not followed by a number.
	if (scheme === undefined || scheme.length === 1 || /^[^:]+:\d+(:\d+)?$/.test(href)) {
		return href.startsWith("#") || href.startsWith("//") ? undefined : href;
	}
	return ["http", "https", "mailto"].includes(scheme) ? href : undefined;
}

/** Links keep no `href`: there is nothing to navigate to, whatever handler the browser or VS Code has for anchors. */
function disarmLinks(fragment: DocumentFragment): void {
	for (const link of fragment.querySelectorAll("a")) {
		const href = followable(link.getAttribute("href") ?? "") || undefined;
		link.removeAttribute("href");
		if (href === undefined) {
			link.replaceWith(...link.childNodes);
			continue;
		}
		link.dataset["href"] = href;
		link.dataset["tip"] = visibleText(href.slice(0, 300));
		link.setAttribute("role", "link");
		link.tabIndex = -1;
	}
}

/** Renders text from a transcript. The result holds nothing that runs, loads or navigates. */
export function renderMarkdown(source: string, keepBreaks = false): HTMLElement {
	const element = document.createElement("div");
	element.className = "prose";
	element.dir = "auto";
	const text = visibleText(source);
	if (text.length > markdownMost || hasLongLine(text, lineMost)) {
		element.classList.add("plain");
		for (const piece of pieces(text)) {
			const part = document.createElement("span");
			part.className = "piece";
			part.textContent = piece;
			element.append(part);
		}
		return element;
	}
	markdown.set({ breaks: keepBreaks });
	const fragment = DOMPurify.sanitize(markdown.render(text), allowed);
	disarmLinks(fragment);
	for (const table of fragment.querySelectorAll<HTMLElement>(".table")) {
		// It may scroll sideways: the keyboard must reach it.
		table.tabIndex = 0;
	}
	element.append(fragment);
	return element;
}
