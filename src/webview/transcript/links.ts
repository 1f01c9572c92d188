import { post } from "./vscodeApi.ts";

/** Links navigate nowhere: the host asks VS Code, which asks the person. */
export function followLink(event: Event): void {
	const link = (event.target as Element).closest<HTMLElement>("a[data-href]");
	const href = link?.dataset["href"];
	if (href) {
		event.preventDefault();
		post({ type: "openLink", href });
	}
}
