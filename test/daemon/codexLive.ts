import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { startCodex } from "../../scripts/lib/codexClient.ts";
import type { Item } from "../../src/core/model/item.ts";
import type { Session } from "../../src/core/store/session.ts";
import type { DaemonClient } from "../../src/daemon/client/client.ts";
import type { DaemonParams } from "../../src/protocol/daemon.ts";
import { type CodexLab, codexLab, itemsOf, Watch } from "./support.ts";

/** A session of the real Codex's in a daemon. */
export interface Live extends CodexLab {
	readonly session: Session;
	readonly client: DaemonClient;
	readonly watch: Watch;
	/** Prompts and waits for the end of the turn. */
	turn(text: string, more?: Partial<DaemonParams<"prompt">>): Promise<string>;
	/** Prompts only. */
	prompt(text: string, more?: Partial<DaemonParams<"prompt">>): Promise<{ run: string }>;
	items(): Promise<Item[]>;
}

export async function live(t: TestContext): Promise<Live> {
	const lab = await codexLab(t);
	const session = await lab.store.create({ agent: "codex" });
	const client = await lab.connect("the first window");
	const watch = await Watch.on(client);
	const prompt: Live["prompt"] = (text, more) =>
		client.call("prompt", { session: session.id, input: { text }, agent: lab.agent, ...more });
	return {
		...lab,
		session,
		client,
		watch,
		prompt,
		async turn(text, more) {
			const { run } = await prompt(text, more);
			return String((await watch.ended(run)).detail?.["status"]);
		},
		items: () => itemsOf(session),
	};
}

export async function nextApproval({ client, watch }: Live) {
	const count = watch.events.filter((event) => event.type === "approval.answered").length;
	await watch.next("approval.requested", () => true);
	const { approvals } = await client.call("status", {});
	assert.equal(approvals.length, 1, `one question is open after ${count} answers`);
	return approvals[0] ?? assert.fail();
}

/** Another program of the user's that uses the same Codex home. */
export async function otherCodex(t: TestContext, { agent, env, folder }: CodexLab) {
	const other = await startCodex(agent.command, { cwd: folder, env: { ...env, ...agent.env } });
	t.after(() => other.close());
	return other;
}

/** What the model was shown by the last request, but for instructions. */
export function shown({ model }: Live): string {
	const { input } = model.requests.at(-1) as { input: { role?: string; type: string }[] };
	return JSON.stringify(input.filter((each) => each.role !== "developer"));
}
