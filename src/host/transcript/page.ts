import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** The page's HTML: a shell that loads our one script and our one style sheet, and may do nothing else (design: section 10). */
export function transcriptPage(webview: vscode.Webview, extensionUri: vscode.Uri): string {
	const asset = (name: string) =>
		webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, "dist", "webview", name)).toString();
	const nonce = randomBytes(24).toString("base64url");
	const policy = [
		"default-src 'none'",
		`script-src 'nonce-${nonce}'`,
		`style-src ${webview.cspSource}`,
		`font-src ${webview.cspSource}`,
		"img-src blob:",
		"base-uri 'none'",
		"form-action 'none'",
	].join("; ");
	return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${asset("transcript.css")}">
<title>Skein</title>
</head>
<body>
<script type="module" nonce="${nonce}" src="${asset("transcript.js")}"></script>
</body>
</html>`;
}

/** What the page may load: the built script and styles, and our icons. */
export function pageRoots(extensionUri: vscode.Uri): vscode.Uri[] {
	return [
		vscode.Uri.joinPath(extensionUri, "dist", "webview"),
		vscode.Uri.joinPath(extensionUri, "media"),
	];
}
