import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { Emitter, type Event } from "../../base/event.ts";
import type { SessionSummary } from "../../core/model/summary.ts";
import { isProgram } from "../../core/programs.ts";
import type { SandboxMode } from "../../protocol/daemon.ts";
import type { ComposerChoice } from "../../protocol/live.ts";
import { sandboxes } from "../contributions.ts";
import type { AgentModels } from "../daemon/agentModels.ts";
import { type AgentChoice, configuredAgents } from "../daemon/agents.ts";
import type { Prompts } from "../prompts.ts";
import { ownSource, type SessionList } from "../sessions/sessionList.ts";
import { readSetting } from "../settings.ts";
import { pickModel } from "./modelPicker.ts";
import { isUnwritten } from "./untitledSessions.ts";

/** Who answers a session's next prompt, and how. */
export interface PromptChoice {
	readonly agent: AgentChoice;
	/** Undefined: the agent's own. */
	readonly model: string | undefined;
	/** Undefined where the agent has no such choice. */
	readonly sandbox: SandboxMode | undefined;
}

interface Kept {
	readonly agent: string;
	readonly model?: string;
	readonly sandbox?: SandboxMode;
}

const memoryKey = "composer.choices";
/** The choice that a new session begins with. */
const latest = "latest";
/** Sessions whose choices are remembered. */
const remembered = 200;

/** Agent, model and sandbox of each session: chosen by the person, remembered, and else what is likeliest meant. */
export class PromptChoices {
	readonly onDidChange: Event<void>;
	private readonly changed = new Emitter<void>();
	private readonly memory: vscode.Memento;
	private readonly prompts: Prompts;
	private readonly list: SessionList;
	private readonly models: AgentModels;
	/** Whether a program is there, as far as it was looked for. */
	private readonly programs = new Map<string, boolean>();

	constructor(memory: vscode.Memento, prompts: Prompts, list: SessionList, models: AgentModels) {
		this.memory = memory;
		this.prompts = prompts;
		this.list = list;
		this.models = models;
		this.onDidChange = this.changed.event;
	}

	/** Undefined when the settings name no agent. `folder`: the open one whose settings count. */
	of(session: SessionSummary, folder: string | null | undefined): PromptChoice | undefined {
		const agents = configuredAgents(folder);
		const all = this.kept();
		const known = (id: string | null | undefined) => agents.find((agent) => agent.id === id);
		const kept = all[session.id];
		const last = all[latest];
		const agent =
			known(kept?.agent) ??
			known(session.agent) ??
			known(session.source) ??
			known(last?.agent) ??
			agents.find(({ spec }) => this.programs.get(spec.command) !== false) ??
			agents[0];
		if (!agent) {
			return undefined;
		}
		const own = [kept, last].find((each) => each?.agent === agent.id);
		return {
			agent,
			model: own?.model,
			sandbox:
				agent.driver === "codex"
					? (own?.sandbox ?? readSetting("skein.sandbox", folder))
					: undefined,
		};
	}

	/** Why the agent cannot be started, as far as one can tell without starting it. */
	problem(choice: PromptChoice | undefined): { text: string; setting: string } | undefined {
		const { l10n } = vscode;
		if (!choice) {
			return {
				text: l10n.t("No agent is configured, so nothing can be sent."),
				setting: "skein.agents",
			};
		}
		const { agent } = choice;
		const { command } = agent.spec;
		if (this.programs.get(command) !== false) {
			this.lookFor(command);
			return undefined;
		}
		return {
			text: l10n.t(
				'{0} cannot be started, because there is no program "{1}" here. Install it, or name its path.',
				agent.label,
				command,
			),
			setting: agent.driver === "codex" ? "skein.codex.path" : "skein.agents",
		};
	}

	/** Looks again whether the programs are there: one may have been installed. */
	refresh(): void {
		for (const command of this.programs.keys()) {
			this.lookFor(command, true);
		}
	}

	/** Remembers what a prompt was sent with. */
	async keep(session: string, { agent, model, sandbox }: PromptChoice): Promise<void> {
		const kept: Kept = {
			agent: agent.id,
			...(model === undefined ? {} : { model }),
			...(sandbox === undefined ? {} : { sandbox }),
		};
		const { [session]: _, [latest]: __, ...others } = this.kept();
		const recent = Object.entries(others).slice(-remembered);
		await this.memory.update(memoryKey, {
			...Object.fromEntries(recent),
			[session]: kept,
			[latest]: kept,
		});
		this.changed.fire();
	}

	/** Lets the person choose; nothing changes when they dismiss. `folder` is the one whose daemon runs the session. */
	async choose(
		session: SessionSummary,
		what: ComposerChoice,
		folder: string | undefined,
	): Promise<void> {
		const before = this.of(session, folder);
		const chooseModel = (choice: PromptChoice) => this.chooseModel(choice, session, folder);
		const after = before && (await this.chosen(before, what, folder, chooseModel));
		if (after) {
			await this.keep(session.id, after);
		}
	}

	private async chosen(
		before: PromptChoice,
		what: ComposerChoice,
		folder: string | undefined,
		chooseModel: (before: PromptChoice) => Promise<string | undefined>,
	): Promise<PromptChoice | undefined> {
		switch (what) {
			case "agent": {
				const agent = await this.chooseAgent(before.agent, folder);
				const isSame = agent?.id === before.agent.id;
				const sandbox =
					agent?.driver === "codex" ? readSetting("skein.sandbox", folder) : undefined;
				return agent && !isSame ? { agent, model: undefined, sandbox } : undefined;
			}
			case "model": {
				const model = await chooseModel(before);
				return model === undefined ? undefined : { ...before, model: model || undefined };
			}
			case "sandbox": {
				const sandbox = await this.chooseSandbox(before.sandbox);
				return sandbox && { ...before, sandbox };
			}
		}
	}

	private async chooseAgent(
		active: AgentChoice,
		folder: string | undefined,
	): Promise<AgentChoice | undefined> {
		const { l10n } = vscode;
		const agents = configuredAgents(folder);
		await Promise.all(agents.map(({ spec }) => this.look(spec.command)));
		return this.prompts.pick(
			agents.map((agent) => ({
				label: agent.label,
				description:
					this.programs.get(agent.spec.command) === false
						? l10n.t("not installed")
						: agent.spec.command,
				value: agent,
			})),
			{
				title: l10n.t("Agent"),
				placeholder: l10n.t("Choose who answers in this session"),
				active: agents.find(({ id }) => id === active.id) ?? active,
			},
		);
	}

	/** Empty: the agent's own choice. The agent is started, for it knows its models. */
	private chooseModel(
		{ agent, model }: PromptChoice,
		session: SessionSummary,
		folder: string | undefined,
	): Promise<string | undefined> {
		const seen = new Set(model === undefined ? [] : [model]);
		for (const { summary } of this.list.rows) {
			if (summary.model && (summary.agent ?? summary.source) === agent.id) {
				seen.add(summary.model);
			}
		}
		const isWritten = session.source === ownSource && !isUnwritten(session);
		const ask = async () => {
			await this.look(agent.spec.command);
			const problem = this.problem({ agent, model, sandbox: undefined });
			if (problem) {
				throw new HumanError("agent-not-found", problem.text);
			}
			return folder === undefined
				? { models: [], default: null }
				: this.models.of(agent.spec, folder, isWritten ? session.id : null);
		};
		return pickModel({ agent: agent.label, model, seen: [...seen].sort(), ask }, this.prompts);
	}

	private chooseSandbox(active: SandboxMode | undefined): Promise<SandboxMode | undefined> {
		const { l10n } = vscode;
		const words: Record<SandboxMode, { label: string; detail: string }> = {
			"read-only": {
				label: l10n.t("Read only"),
				detail: l10n.t("The agent reads files. It asks before it changes one or runs a command."),
			},
			"workspace-write": {
				label: l10n.t("Can edit this folder"),
				detail: l10n.t("The agent changes files of this folder and runs commands in a sandbox."),
			},
			"danger-full-access": {
				label: l10n.t("Full access"),
				detail: l10n.t("No sandbox: the agent can do whatever you can do."),
			},
		};
		return this.prompts.pick(
			sandboxes.map((value) => ({ ...words[value], value })),
			{
				title: l10n.t("Sandbox"),
				placeholder: l10n.t("Choose what the agent may do"),
				...(active && { active }),
			},
		);
	}

	private lookFor(command: string, again = false): void {
		if (again || !this.programs.has(command)) {
			this.programs.set(command, this.programs.get(command) ?? true);
			void this.look(command);
		}
	}

	private async look(command: string): Promise<void> {
		const before = this.programs.get(command);
		const found = await isProgram(command);
		this.programs.set(command, found);
		if (before !== found) {
			this.changed.fire();
		}
	}

	private kept(): Record<string, Kept> {
		return this.memory.get<Record<string, Kept>>(memoryKey) ?? {};
	}
}
