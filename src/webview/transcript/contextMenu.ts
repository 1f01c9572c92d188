/**
 * Tells VS Code's context menu what holds for the whole page; rows add what holds for them. Its own Cut and Paste make no
 * sense on a page that cannot be edited, so its own entries are off, and the manifest's *Copy* shows while `hasSelection`.
 */
export function tellContextMenu(): void {
	const tell = () => {
		const selection = getSelection();
		const hasSelection = selection !== null && selection.toString().trim() !== "";
		document.body.dataset["vscodeContext"] = JSON.stringify({
			preventDefaultContextMenuItems: true,
			hasSelection,
		});
	};
	tell();
	// VS Code reads the page on the way up: here, on the way down, it is not too late.
	addEventListener("contextmenu", tell, { capture: true });
}
