import type {
	PermissionOption,
	RequestPermissionRequest,
	RequestPermissionResponse,
	SessionUpdate,
} from "@agentclientprotocol/sdk";
import type { ItemContent } from "../../../core/model/item.ts";
import type { ApprovalOption, TurnStatus } from "../../../core/model/record.ts";
import type { TurnObserver } from "../driver.ts";
import { ToolState } from "./toolCall.ts";

type TextType = "agentMessage" | "reasoning";

/** One turn of an ACP agent, from its updates to our words. */
export class AcpTurn {
	private readonly observer: TurnObserver;
	private readonly cwd: string;
	private readonly tools = new Map<string, ToolState>();
	private readonly started = new Set<string>();
	private text: { key: string; type: TextType; text: string } | undefined;
	private texts = 0;
	private readonly withdrawn = new AbortController();
	private declined = new Set<string>();
	private finished = false;

	constructor(observer: TurnObserver, cwd: string) {
		this.observer = observer;
		this.cwd = cwd;
	}

	finish(status: TurnStatus, error?: string): void {
		if (this.finished) {
			return;
		}
		this.finished = true;
		this.withdrawn.abort();
		this.endText();
		for (const tool of this.tools.values()) {
			if (this.started.has(tool.id) && !tool.isOver) {
				this.observer.itemCompleted(tool.id, tool.contentOf(this.cwd, "interrupted"));
			}
		}
		this.observer.ended(status, error);
	}

	updated(update: SessionUpdate): void {
		switch (update.sessionUpdate) {
			case "agent_message_chunk":
				this.chunk("agentMessage", update.content, update.messageId);
				return;
			case "agent_thought_chunk":
				this.chunk("reasoning", update.content, update.messageId);
				return;
			case "tool_call":
			case "tool_call_update":
				this.tool(this.toolOf(update.toolCallId), update);
				return;
			case "plan":
				this.observer.itemCompleted("plan", {
					type: "plan",
					steps: update.entries.map(({ content, status }) => ({ step: content, status })),
				});
				return;
			case "notice":
				this.observer.raw("notice", update);
				return;
			case "user_message_chunk":
			case "available_commands_update":
			case "current_mode_update":
			case "config_option_update":
			case "session_info_update":
			case "usage_update":
			case "compaction_update":
			case "compaction_summary_chunk":
				return;
			default:
				this.observer.raw("session/update", update);
		}
	}

	async asked(request: RequestPermissionRequest): Promise<RequestPermissionResponse> {
		const { toolCall, options } = request;
		const tool = this.toolOf(toolCall.toolCallId);
		// It tells more of the call than the call itself, but its status is the question's.
		tool.take({ ...toolCall, status: null });
		this.show(tool);
		const answer = await this.observer.approval(
			{
				kind: tool.kind === "execute" ? "command" : tool.kind === "edit" ? "fileChange" : "tool",
				title: tool.title,
				itemKey: tool.id,
				options: options.map(optionOf),
			},
			this.withdrawn.signal,
		);
		if (!answer) {
			return { outcome: { outcome: "cancelled" } };
		}
		const { id: optionId, kind } = answer.option;
		if (kind === "rejectOnce" || kind === "rejectAlways") {
			this.declined.add(tool.id);
		}
		return { outcome: { outcome: "selected", optionId } };
	}

	private chunk(
		type: TextType,
		content: { type: string; text?: string },
		messageId: string | null | undefined,
	): void {
		if (content.type !== "text" || content.text === undefined) {
			this.observer.raw(`${type} ${content.type}`, content);
			return;
		}
		const named = messageId ?? undefined;
		if (this.text?.type !== type || (named !== undefined && !this.text.key.includes(named))) {
			this.endText();
			this.texts++;
			const key = `${type} ${this.texts} ${named ?? ""}`;
			this.text = { key, type, text: "" };
			this.observer.itemStarted(key, { type, text: "" });
		}
		this.text.text += content.text;
		this.observer.itemText(this.text.key, "text", content.text);
	}

	private endText(): void {
		if (this.text) {
			const { key, type, text } = this.text;
			this.text = undefined;
			this.observer.itemCompleted(key, { type, text });
		}
	}

	private toolOf(id: string): ToolState {
		let tool = this.tools.get(id);
		if (!tool) {
			tool = new ToolState(id);
			this.tools.set(id, tool);
		}
		return tool;
	}

	private tool(tool: ToolState, update: Parameters<ToolState["take"]>[0]): void {
		this.endText();
		tool.take(update);
		if (tool.isOver) {
			const status = this.declined.has(tool.id) ? "declined" : undefined;
			this.observer.itemCompleted(tool.id, tool.contentOf(this.cwd, status));
			return;
		}
		if (tool.isShowable) {
			this.show(tool);
			this.tellOutput(tool);
		}
	}

	private show(tool: ToolState): void {
		this.endText();
		if (!this.started.has(tool.id)) {
			this.started.add(tool.id);
			const content: ItemContent = tool.contentOf(this.cwd, "running");
			tool.told = "output" in content && typeof content.output === "string" ? content.output : "";
			this.observer.itemStarted(tool.id, content);
		}
	}

	/** Output comes whole each time; what it has more than before is told. */
	private tellOutput(tool: ToolState): void {
		const { output } = tool;
		if (output.length > tool.told.length && output.startsWith(tool.told)) {
			this.observer.itemText(tool.id, "output", output.slice(tool.told.length));
			tool.told = output;
		}
	}
}

const kinds: Record<PermissionOption["kind"], ApprovalOption["kind"]> = {
	allow_once: "allowOnce",
	allow_always: "allowAlways",
	reject_once: "rejectOnce",
	reject_always: "rejectAlways",
};

function optionOf({ optionId, name, kind }: PermissionOption): ApprovalOption {
	return { id: optionId, label: name, kind: kinds[kind] ?? "rejectOnce" };
}
