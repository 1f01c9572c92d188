import * as path from "node:path";
import { systemErrorCode } from "../../base/errors.ts";
import { readItems } from "../../core/journal/items.ts";
import type { Journal } from "../../core/journal/journal.ts";
import type { Attachment } from "../../core/model/agentState.ts";
import { walkChain } from "../../core/model/chain.ts";
import type { Item } from "../../core/model/item.ts";
import type { TurnState } from "../../core/model/state.ts";
import type { WorkspaceStore } from "../../core/store/workspaceStore.ts";
import { type Lineage, resolveLineage } from "../../core/transcript/lineage.ts";
import type { ContextPlan, PrimeMessage } from "../drivers/driver.ts";

/** Text given to an agent that must be told what was said; the newest is kept. UTF-16 code units. */
const primeLimit = 200_000;
/** Items looked at for it. */
const primeItems = 2000;

/** A turn of the chain, with the journal it stands in. */
interface ChainTurn {
	readonly journal: Journal;
	readonly turn: TurnState;
	/** Last item of the turn that is on the chain. */
	readonly last: string;
}

/** A turn as the agent knows it. */
interface AgentTurn {
	readonly thread: string;
	readonly agentTurn: string | undefined;
	/** The thread is the source's own, which goes on without us: it is copied, never continued. */
	readonly adopted: boolean;
}

export interface PlannedContext {
	readonly plan: ContextPlan;
	/** Why the agent is told the chain instead of going on with what it knows, as a sentence; for a `primed` plan. */
	readonly reason: string;
}

/**
 * How `agent` comes to know the chain up to the head (design: section 5, revert and fork): it goes on in its thread
 * where that ends at the head; reverts or forks it where the head is the end of one of its turns; else a new thread is
 * told the chain as text.
 */
export async function planContext(
	journal: Journal,
	store: WorkspaceStore,
	agent: string,
): Promise<PlannedContext> {
	const lineage = await resolveLineage(journal, store.context.load);
	const turns = chainTurns(lineage);
	while (turns.length > 0 && wasNeverSent(turns.at(-1) as ChainTurn)) {
		turns.pop();
	}
	const last = turns.at(-1);
	if (!last) {
		return { plan: { how: "started" }, reason: "" };
	}
	const primed = async (reason: string): Promise<PlannedContext> => ({
		plan: { how: "primed", messages: await primeMessages(lineage, store) },
		reason,
	});
	const known = agentTurnOf(last, agent);
	if (!known) {
		return primed(`${agent} has not seen what came before`);
	}
	if (last.turn.items.at(-1) !== last.last) {
		return primed(`${agent} cannot go back to the middle of a turn`);
	}
	const plan = planFor(journal, last, known, agent);
	return typeof plan === "string" ? primed(`${agent} ${plan}`) : { plan, reason: "" };
}

/** The chain as text, for an agent that turned out not to have the thread. */
export async function primedContext(
	journal: Journal,
	store: WorkspaceStore,
	reason: string,
): Promise<PlannedContext> {
	const lineage = await resolveLineage(journal, store.context.load);
	return { plan: { how: "primed", messages: await primeMessages(lineage, store) }, reason };
}

/** The plan, or why there is none but to tell the chain, to come after the agent's name. */
function planFor(
	own: Journal,
	{ journal, turn }: ChainTurn,
	{ thread, agentTurn, adopted }: AgentTurn,
	agent: string,
): ContextPlan | string {
	const content = threadContent(journal, thread, agent);
	const at = content.findIndex((each) => each.turn === turn.id);
	if (!adopted && at === -1) {
		return "no longer has this branch";
	}
	const next = content[at + 1];
	if (!adopted && journal === own && !next) {
		return { how: "resumed", thread };
	}
	const cannot = "cannot go back to an earlier point";
	if (adopted || journal !== own) {
		return agentTurn === undefined ? cannot : { how: "forked", thread, lastTurn: agentTurn };
	}
	const beforeTurn = next?.agentTurn;
	return beforeTurn === undefined ? cannot : { how: "reverted", thread, beforeTurn };
}

/**
 * The turns that an agent's thread holds, oldest first: the chain of the newest turn that ran in it, for it was in step
 * with the chain whenever a turn began.
 */
function threadContent(
	{ state }: Journal,
	thread: string,
	agent: string,
): { turn: string; agentTurn: string | undefined }[] {
	let newest: { turn: string; attachment: Attachment } | undefined;
	for (const [turn, attachment] of state.agent.attachments) {
		const isHere = attachment.thread === thread && attachment.agent === agent;
		if (isHere && (!newest || attachment.by > newest.attachment.by)) {
			newest = { turn, attachment };
		}
	}
	const tip = newest && state.turns.get(newest.turn)?.items.at(-1);
	if (tip === undefined) {
		return [];
	}
	const turns = new Set(walkChain(state, tip).items.map((item) => state.items.get(item)?.turn));
	return [...turns].flatMap((turn) => {
		const attachment = turn === undefined ? undefined : state.agent.attachments.get(turn);
		return turn !== undefined && attachment?.thread === thread
			? [{ turn, agentTurn: attachment.agentTurn }]
			: [];
	});
}

function agentTurnOf({ journal, turn }: ChainTurn, agent: string): AgentTurn | undefined {
	const attachment = journal.state.agent.attachments.get(turn.id);
	if (attachment) {
		const { thread, agentTurn } = attachment;
		return attachment.agent === agent ? { thread, agentTurn, adopted: false } : undefined;
	}
	const origin = journal.state.header?.session.origin;
	return origin?.source === agent && turn.agentTurn !== undefined
		? { thread: origin.id, agentTurn: turn.agentTurn, adopted: true }
		: undefined;
}

/** A prompt that failed before the agent took it: the agent's thread is as it was before. */
function wasNeverSent({ journal, turn }: ChainTurn): boolean {
	const { agent } = journal.state;
	return agent.runs.has(turn.id) && !agent.attachments.has(turn.id) && turn.end !== undefined;
}

function chainTurns({ segments }: Lineage): ChainTurn[] {
	const turns: ChainTurn[] = [];
	for (const { journal, items } of segments) {
		for (const item of items) {
			const turn = journal.state.turnOf(item);
			if (turn) {
				if (turns.at(-1)?.turn === turn) {
					turns.pop();
				}
				turns.push({ journal, turn, last: item });
			}
		}
	}
	return turns;
}

async function primeMessages(
	{ segments }: Lineage,
	store: WorkspaceStore,
): Promise<PrimeMessage[]> {
	const messages: PrimeMessage[] = [];
	let room = primeLimit;
	let left = primeItems;
	for (const { journal, items } of [...segments].reverse()) {
		const ids = items.slice(-left);
		left -= ids.length;
		const read = await readItems(journal, ids, (hash) => store.context.blobs.text(hash));
		for (const item of read.reverse()) {
			const message = messageOf(item);
			if (!message) {
				continue;
			}
			if (message.text.length > room || left < 0) {
				return messages.reverse();
			}
			room -= message.text.length;
			messages.push(message);
		}
		if (left <= 0) {
			break;
		}
	}
	return messages.reverse();
}

function messageOf({ content }: Item): PrimeMessage | undefined {
	switch (content.type) {
		case "userMessage":
			return { role: "user", text: textOf(content.text) };
		case "agentMessage":
			return { role: "assistant", text: textOf(content.text) };
		case "commandExecution": {
			const exit = typeof content.exitCode === "number" ? ` (exit code ${content.exitCode})` : "";
			return { role: "assistant", text: `I ran: ${textOf(content.command)}${exit}` };
		}
		case "fileChange": {
			const files = Array.isArray(content.changes) ? content.changes.map((each) => each.path) : [];
			return { role: "assistant", text: `I changed: ${files.join(", ")}` };
		}
		default:
			return undefined;
	}
}

function textOf(text: unknown): string {
	return typeof text === "string" ? text : "";
}

/**
 * Where an agent works on a session: the session's folder where that is inside the workspace, else the workspace. A
 * journal of a cloned repository must not send an agent to another place.
 */
export async function folderOf(journal: Journal, store: WorkspaceStore): Promise<string> {
	const asked = path.resolve(store.folder, journal.state.header?.session.cwd ?? ".");
	try {
		const [folder, real] = await Promise.all([
			store.files.realpath(store.folder),
			store.files.realpath(asked),
		]);
		const relative = path.relative(folder, real);
		const isInside = !relative.startsWith("..") && !path.isAbsolute(relative);
		return isInside && (await store.files.stat(real)).isDirectory() ? real : folder;
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			throw error;
		}
		return store.folder;
	}
}
