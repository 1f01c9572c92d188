import type { ItemType } from "../core/model/item.ts";
import type { ApprovalOutcome } from "../core/model/record.ts";
import type { Approval, SandboxMode } from "./daemon.ts";

/** What page and host say about prompts and the turns that run: a part of `webview.ts`. */

/** An image of a prompt that is not sent yet. Its bytes are with the host; the page asks for them by `getBlob`. */
export interface PromptImage {
	readonly hash: string;
	readonly mime: string;
	readonly name: string;
}

export interface PromptDraft {
	readonly text: string;
	/** Files that the text names with `@`, relative to the session's folder. */
	readonly mentions: readonly string[];
	readonly images: readonly PromptImage[];
}

/** A prompt of which the page does not know yet what became of it. */
export interface PromptUnderWay {
	/** Given by the page, and no other's. */
	readonly id: string;
	readonly draft: PromptDraft;
}

/** What the page keeps of the person's prompts over a reload. */
export interface KeptPrompts {
	/** What was typed and not sent. */
	readonly draft?: PromptDraft;
	readonly underWay?: readonly PromptUnderWay[];
	readonly editing?: QueuedEdit;
}

/** A waiting prompt that is being changed. */
export interface QueuedEdit {
	readonly id: string;
	readonly was: string;
	readonly text: string;
}

/** A prompt that waits for the turn to end. */
export interface QueuedPrompt extends PromptDraft {
	readonly id: string;
}

/** The turn that runs. */
export interface LiveRun {
	readonly id: string;
	readonly status: "starting" | "running" | "waiting";
	/** ISO 8601. */
	readonly startedAt: string;
	/** Asked for from this window: it may queue, steer and stop. */
	readonly mine: boolean;
	/** Who asked: the name of a client. */
	readonly client: string;
}

/** Everything the composer shows that is not what the person types. */
export interface ComposerState {
	/** Why nothing can be sent, and the setting that would help. */
	readonly blocked?: { readonly text: string; readonly setting?: string };
	readonly agent: string;
	/** Null: the agent's own choice. */
	readonly model: string | null;
	/** Null where the agent has no such choice. */
	readonly sandbox: SandboxMode | null;
	/** The agent takes additions while it works. */
	readonly canSteer: boolean;
	/** The agent whose session has to be imported before it can be prompted. */
	readonly imports?: string;
	readonly run?: LiveRun;
	readonly queue: readonly QueuedPrompt[];
	/** The queue waits for the person: the turn before did not complete, or the first one could not be sent. */
	readonly queueHeld: boolean;
	/** Why it could not: a sentence. */
	readonly queueReason?: string;
}

/** A question of the agent's that has been answered. */
export interface AnsweredApproval {
	readonly id: string;
	readonly item: string | null;
	readonly turn: string;
	readonly title: string;
	readonly outcome: ApprovalOutcome;
	/** What was chosen, in the agent's words. */
	readonly label?: string;
	/** Who answered; absent when it was this window. */
	readonly by?: string;
}

/** Text that an item under way has got. */
export interface LiveText {
	readonly item: string;
	/** Empty when it is not known. */
	readonly itemType: ItemType | "";
	readonly field: string;
	/** Where it goes; 0 begins anew. */
	readonly offset: number;
	readonly text: string;
}

export const composerChoices = ["agent", "model", "sandbox"] as const;
export type ComposerChoice = (typeof composerChoices)[number];

export const promptWays = ["send", "queue", "steer"] as const;
/** `send` becomes `queue` while a turn runs; `steer` becomes `queue` where the agent cannot. */
export type PromptWay = (typeof promptWays)[number];

/** Host to page. */
export type ToLivePage =
	/** Null: there is no composer here. */
	| { readonly type: "composer"; readonly state: ComposerState | null }
	/** Prompts of this workspace, the newest last. */
	| { readonly type: "history"; readonly prompts: readonly string[] }
	| {
			/**
			 * What became of a `prompt`; with a sentence when the person should know more. `unknown` when the host has been
			 * started anew since.
			 */
			readonly type: "prompted";
			readonly id: string;
			readonly outcome: "sent" | "queued" | "steered" | "failed" | "unknown";
			readonly message?: string;
	  }
	/** The text of an `editQueued` that came too late: the prompt did not wait any more. */
	| { readonly type: "returned"; readonly text: string }
	| { readonly type: "focusComposer" }
	/** Answer to `findFiles`. */
	| { readonly type: "files"; readonly query: number; readonly paths: readonly string[] }
	/** Answer to `attach`: the image, or why not. */
	| {
			readonly type: "attached";
			readonly id: number;
			readonly image?: PromptImage;
			readonly refused?: string;
	  }
	| { readonly type: "live"; readonly texts: readonly LiveText[] }
	| {
			readonly type: "approvals";
			readonly open: readonly Approval[];
			readonly answered: readonly AnsweredApproval[];
	  }
	/** An `answer` could not be given: the question stands as before. */
	| { readonly type: "released"; readonly approval: string }
	/** A `stop` could not be given. */
	| { readonly type: "stopFailed" };

/** Page to host. */
export type FromLivePage =
	| {
			readonly type: "prompt";
			readonly id: string;
			readonly way: PromptWay;
			readonly draft: PromptDraft;
	  }
	/**
	 * The page is there, for the first time or again: of these prompts it was not told what became of them, and this
	 * waiting one is being changed.
	 */
	| {
			readonly type: "resume";
			readonly prompts: readonly string[];
			readonly editing: string | null;
	  }
	/** Ends the turn that runs. */
	| { readonly type: "stop" }
	| { readonly type: "removeQueued"; readonly id: string }
	/** The waiting prompt that is being changed: it is not sent meanwhile. Null: none any more. */
	| { readonly type: "editingQueued"; readonly id: string | null }
	/** It is changed, and may be sent. */
	| { readonly type: "editQueued"; readonly id: string; readonly text: string }
	/** Sends a waiting prompt now. */
	| { readonly type: "sendQueued"; readonly id: string }
	| { readonly type: "findFiles"; readonly query: number; readonly text: string }
	| {
			readonly type: "attach";
			readonly id: number;
			readonly name: string;
			readonly mime: string;
			readonly bytes: Uint8Array;
	  }
	| { readonly type: "choose"; readonly what: ComposerChoice }
	| { readonly type: "openSetting"; readonly setting: string }
	| {
			readonly type: "answer";
			readonly approval: string;
			readonly option: string;
			readonly answers: Readonly<Record<string, readonly string[]>>;
	  };

/** The largest image that can be attached, in bytes, and how many go with one prompt. */
export const imageLimit = 5 * 1024 * 1024;
export const imagesLimit = 5;
