import type { ItemType } from "../../model/item.ts";

/**
 * Records that say nothing a transcript shows: states, settings, counters, parts of what a later record holds whole.
 * What is not here and not known elsewhere becomes a `raw` item, so a new kind of record is shown, not lost.
 */
const bookkeeping: ReadonlySet<string> = new Set([
	// Top level.
	"world_state",
	"token_usage_record",
	"inter_agent_communication_metadata",
	"state",
	// Events.
	"session_configured",
	"thread_settings_applied",
	"agent_message_delta",
	"agent_message_content_delta",
	"agent_reasoning_delta",
	"agent_reasoning_raw_content_delta",
	"agent_reasoning_section_break",
	"reasoning_content_delta",
	"reasoning_raw_content_delta",
	"plan_delta",
	"exec_command_output_delta",
	"turn_diff",
	"raw_response_item",
	"mcp_startup_update",
	"mcp_startup_complete",
	"mcp_list_tools_response",
	"list_custom_prompts_response",
	"list_skills_response",
	"get_history_entry_response",
	"skills_update_available",
	"shutdown_complete",
	"patch_apply_updated",
]);

export function isBookkeeping(type: string): boolean {
	return bookkeeping.has(type);
}

/** The item type of an event about a tool's call; undefined for other events. */
export function eventFamily(type: string): ItemType | undefined {
	if (/^exec_command_(begin|end)$/.test(type) || type === "exec_approval_request") {
		return "commandExecution";
	}
	if (/^patch_apply_(begin|end)$/.test(type) || type === "apply_patch_approval_request") {
		return "fileChange";
	}
	if (/^web_search_(begin|end)$/.test(type)) {
		return "webSearch";
	}
	if (
		/^(mcp_tool_call|image_generation|collab_\w+|terminal_interaction)_(begin|end)$/.test(type) ||
		/^dynamic_tool_call_(request|response)$/.test(type) ||
		type === "view_image_tool_call" ||
		type === "request_user_input" ||
		type === "terminal_interaction"
	) {
		return "toolCall";
	}
	return undefined;
}

/** The item type of a paginated item that is a tool's call; undefined for messages and the rest. */
export function completedFamily(type: string): ItemType | undefined {
	switch (type) {
		case "CommandExecution":
			return "commandExecution";
		case "FileChange":
			return "fileChange";
		case "WebSearch":
			return "webSearch";
		case "McpToolCall":
		case "DynamicToolCall":
		case "CollabAgentToolCall":
		case "CollabToolCall":
		case "ImageView":
		case "ImageGeneration":
		case "Extension":
			return "toolCall";
		default:
			return undefined;
	}
}
