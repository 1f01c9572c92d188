import type { ToTranscript } from "../../protocol/webview.ts";
import "./app.ts";
import { tellContextMenu } from "./contextMenu.ts";
import { showTooltips } from "./tooltip.ts";
import { hasKeptDraft, keptPlace, post } from "./vscodeApi.ts";
import "./styles/icons.css";
import "./styles/page.css";
import "./styles/rows.css";
import "./styles/marks.css";
import "./styles/prose.css";
import "./styles/output.css";
import "./styles/controls.css";
import "./styles/composer.css";

addEventListener("error", (event) => {
	// A resize that could not be told in one frame is told in the next; it is no error.
	if (!event.message.startsWith("ResizeObserver loop")) {
		const place = `${event.filename}:${event.lineno}`;
		const stack = event.error instanceof Error ? event.error.stack : undefined;
		post({ type: "error", message: stack ?? `${event.message} (${place})` });
	}
});
addEventListener("unhandledrejection", (event) => {
	const reason: unknown = event.reason;
	post({
		type: "error",
		message: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
	});
});

const app = document.createElement("skein-transcript");
document.body.append(app);
showTooltips();
tellContextMenu();
addEventListener("message", (event: MessageEvent<ToTranscript>) => app.receive(event.data));
const at = keptPlace();
post({ type: "ready", draft: hasKeptDraft(), ...(at === undefined ? {} : { at }) });
