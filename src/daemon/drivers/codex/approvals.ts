import type { ApprovalOption } from "../../../core/model/record.ts";
import type { ApprovalAnswer, ApprovalAsk } from "../driver.ts";
import { withoutShell } from "./items.ts";
import {
	Amendment,
	CommandAsk,
	ElicitationAsk,
	FileAsk,
	InputAsk,
	PermissionsAsk,
} from "./schema.ts";

/** A question of Codex's in our words, and its answer in Codex's. */
export interface CodexQuestion {
	readonly ask: ApprovalAsk;
	/** `undefined`: nobody will answer any more. */
	reply(answer: ApprovalAnswer | undefined): unknown;
}

const accept: ApprovalOption = { id: "accept", label: "Allow", kind: "allowOnce" };
const acceptForSession: ApprovalOption = {
	id: "acceptForSession",
	label: "Allow for this session",
	kind: "allowAlways",
};
const decline: ApprovalOption = { id: "decline", label: "Decline", kind: "rejectOnce" };
const cancel: ApprovalOption = { id: "cancel", label: "Decline and stop", kind: "cancel" };

/** The question in a request of Codex's; undefined when it is not one that we know. */
export function questionOf(method: string, params: unknown): CodexQuestion | undefined {
	switch (method) {
		case "item/commandExecution/requestApproval":
			return commandQuestion(params);
		case "item/fileChange/requestApproval":
			return fileQuestion(params);
		case "item/permissions/requestApproval":
			return permissionsQuestion(params);
		case "item/tool/requestUserInput":
			return inputQuestion(params);
		case "mcpServer/elicitation/request":
			return elicitationQuestion(params);
		default:
			return undefined;
	}
}

function decision(answer: ApprovalAnswer | undefined): unknown {
	return { decision: answer?.option.id ?? "cancel" };
}

function commandQuestion(params: unknown): CodexQuestion | undefined {
	const parsed = CommandAsk.safeParse(params);
	if (!parsed.success) {
		return undefined;
	}
	const { itemId, command, reason, networkApprovalContext, availableDecisions } = parsed.data;
	const host = networkApprovalContext?.host;
	const shown = withoutShell(command ?? "");
	const always = (availableDecisions ?? ["acceptForSession"]).flatMap((offered) =>
		lastingDecision(offered, shown),
	);
	return {
		ask: {
			kind: host ? "permissions" : "command",
			title: host ? `Connect to ${host}` : shown,
			...(reason ? { reason } : {}),
			itemKey: itemId,
			options: [accept, ...always.map(({ option }) => option), decline, cancel],
		},
		reply(answer) {
			const lasting = always.find(({ option }) => option.id === answer?.option.id);
			return lasting ? { decision: lasting.decision } : decision(answer);
		},
	};
}

/** A decision of those that Codex offers which counts for later commands than `command`, too. */
function lastingDecision(
	offered: unknown,
	command: string,
): { option: ApprovalOption; decision: unknown }[] {
	if (offered === "acceptForSession") {
		return [{ option: acceptForSession, decision: offered }];
	}
	const amendment = Amendment.safeParse(offered);
	if (!amendment.success) {
		return [];
	}
	const { acceptWithExecpolicyAmendment: rule, applyNetworkPolicyAmendment: network } =
		amendment.data;
	if (rule) {
		const words = rule.execpolicy_amendment;
		// A rule for a whole script would say it once more.
		const label = isScript(command, words)
			? "Always allow this very command"
			: `Always allow commands that start with: ${words.join(" ")}`;
		return [{ option: { id: "amendRule", label, kind: "allowAlways" }, decision: offered }];
	}
	if (network?.network_policy_amendment.action === "allow") {
		const label = `Always allow ${network.network_policy_amendment.host}`;
		return [{ option: { id: "amendNetwork", label, kind: "allowAlways" }, decision: offered }];
	}
	return [];
}

/** Whether the rule is a shell and, as one word, the command that is shown. */
function isScript(command: string, words: readonly string[]): boolean {
	return words.length > 1 && words.at(-1) === command && /\s/.test(command);
}

function fileQuestion(params: unknown): CodexQuestion | undefined {
	const parsed = FileAsk.safeParse(params);
	if (!parsed.success) {
		return undefined;
	}
	const { itemId, reason, grantRoot } = parsed.data;
	return {
		ask: {
			kind: "fileChange",
			title: grantRoot ? `Change files in ${grantRoot}` : "Change files",
			...(reason ? { reason } : {}),
			itemKey: itemId,
			options: [accept, acceptForSession, decline, cancel],
		},
		reply: decision,
	};
}

function permissionsQuestion(params: unknown): CodexQuestion | undefined {
	const parsed = PermissionsAsk.safeParse(params);
	if (!parsed.success) {
		return undefined;
	}
	const { itemId, reason, permissions } = parsed.data;
	return {
		ask: {
			kind: "permissions",
			title: JSON.stringify(permissions),
			...(reason ? { reason } : {}),
			itemKey: itemId,
			options: [accept, acceptForSession, decline],
		},
		reply(answer) {
			const granted: Record<string, unknown> = {};
			if (answer?.option.kind === "allowOnce" || answer?.option.kind === "allowAlways") {
				for (const [name, value] of Object.entries(permissions)) {
					if (value !== null && value !== undefined) {
						granted[name] = value;
					}
				}
			}
			const scope = answer?.option.kind === "allowAlways" ? "session" : "turn";
			return { permissions: granted, scope };
		},
	};
}

const send: ApprovalOption = { id: "accept", label: "Send", kind: "allowOnce" };
const skip: ApprovalOption = { id: "decline", label: "Skip", kind: "rejectOnce" };

function inputQuestion(params: unknown): CodexQuestion | undefined {
	const parsed = InputAsk.safeParse(params);
	if (!parsed.success) {
		return undefined;
	}
	const { itemId, questions } = parsed.data;
	return {
		ask: {
			kind: "question",
			title: questions.map((each) => each.question).join("\n"),
			itemKey: itemId,
			options: [send, skip],
			questions: questions.map(({ id, header, question, isSecret, isOther, options }) => ({
				id,
				header,
				question,
				secret: isSecret,
				options: (options ?? []).map(({ label, description }) => ({ label, description })),
				free: isOther || !options || options.length === 0,
			})),
		},
		reply(answer) {
			const given = answer?.option.id === "accept" ? answer.answers : {};
			return {
				answers: Object.fromEntries(
					Object.entries(given).map(([id, answers]) => [id, { answers: [...answers] }]),
				),
			};
		},
	};
}

function elicitationQuestion(params: unknown): CodexQuestion | undefined {
	const parsed = ElicitationAsk.safeParse(params);
	if (!parsed.success) {
		return undefined;
	}
	const { serverName, message, url, requestedSchema } = parsed.data;
	const properties = Object.entries(requestedSchema?.properties ?? {});
	return {
		ask: {
			kind: "question",
			title: [message, url].filter(Boolean).join("\n") || `${serverName} asks for something`,
			reason: serverName,
			options: [send, skip, cancel],
			questions: properties.map(([id, property]) => ({
				id,
				header: property.title ?? id,
				question: property.title ?? id,
				secret: false,
				options: (property.enum ?? []).map((label) => ({ label, description: "" })),
				free: property.enum === undefined,
			})),
		},
		reply(answer) {
			if (answer?.option.id !== "accept") {
				const action = answer?.option.id === "decline" ? "decline" : "cancel";
				return { action, content: null, _meta: null };
			}
			const content = properties.map(([id, property]) => [
				id,
				typed(answer.answers[id]?.[0] ?? "", property.type ?? "string"),
			]);
			return { action: "accept", content: Object.fromEntries(content), _meta: null };
		},
	};
}

function typed(text: string, type: string): unknown {
	switch (type) {
		case "boolean":
			return text === "true";
		case "number":
		case "integer":
			return Number(text);
		default:
			return text;
	}
}
