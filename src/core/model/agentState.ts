import type { Text } from "./blob.ts";
import type { ApprovalKind, ApprovalOption, ApprovalOutcome, RecordOf, TurnRun } from "./record.ts";

/** A question of the agent's, as the fold knows it. */
export interface ApprovalState {
	readonly id: string;
	readonly turn: string;
	readonly item: string | undefined;
	readonly kind: ApprovalKind;
	readonly title: Text;
	readonly reason: string | undefined;
	readonly options: readonly ApprovalOption[];
	/** The record that answered it; the first one counts. */
	answered:
		| {
				readonly by: string;
				readonly outcome: ApprovalOutcome;
				/** What was chosen, in the agent's words. */
				readonly label: string | undefined;
				/** Name of the client that answered. */
				readonly client: string | undefined;
		  }
		| undefined;
}

/** The agent's own names of one of our turns. */
export interface Attachment {
	readonly by: string;
	readonly agent: string;
	readonly thread: string;
	readonly agentTurn: string | undefined;
	readonly model: string | undefined;
}

type AgentRecord = RecordOf<"agent.attached" | "approval.requested" | "approval.answered">;

/** The part of a session's fold that live agents write. Like all of the fold, it does not depend on the records' order. */
export class AgentState {
	/** By turn; of two records about one turn the newest counts. */
	readonly attachments = new Map<string, Attachment>();
	/** The daemon's runs, by turn. */
	readonly runs = new Map<string, TurnRun>();
	private readonly requested = new Map<string, ApprovalState>();
	private readonly answers = new Map<string, RecordOf<"approval.answered">>();

	apply(record: AgentRecord): void {
		switch (record.type) {
			case "agent.attached":
				this.attach(record);
				return;
			case "approval.requested":
				this.requested.set(record.id, {
					id: record.id,
					turn: record.turn,
					item: record.item,
					kind: record.kind,
					title: record.title,
					reason: record.reason,
					options: record.options,
					answered: undefined,
				});
				return;
			case "approval.answered":
				this.answer(record);
		}
	}

	/** All questions, oldest first. */
	get approvals(): ApprovalState[] {
		return [...this.requested.values()]
			.map((approval) => {
				const answer = this.answers.get(approval.id);
				return {
					...approval,
					answered: answer && {
						by: answer.id,
						outcome: answer.outcome,
						label: approval.options.find((option) => option.id === answer.option)?.label,
						client: answer.by,
					},
				};
			})
			.sort((a, b) => (a.id < b.id ? -1 : 1));
	}

	/** The newest attachment of all: the thread the session lives in at its agent. */
	get attachment(): Attachment | undefined {
		let newest: Attachment | undefined;
		for (const attachment of this.attachments.values()) {
			if (!newest || attachment.by > newest.by) {
				newest = attachment;
			}
		}
		return newest;
	}

	/** The agents' threads that this session has lived in, the one used last at the end. */
	get threads(): { readonly agent: string; readonly thread: string }[] {
		const threads = new Map<string, { agent: string; thread: string; by: string }>();
		for (const { agent, thread, by } of this.attachments.values()) {
			const key = `${agent}:${thread}`;
			if (by > (threads.get(key)?.by ?? "")) {
				threads.set(key, { agent, thread, by });
			}
		}
		return [...threads.values()]
			.sort((a, b) => (a.by < b.by ? -1 : 1))
			.map(({ agent, thread }) => ({ agent, thread }));
	}

	private attach(record: RecordOf<"agent.attached">): void {
		const known = this.attachments.get(record.turn);
		if (!known || record.id > known.by) {
			this.attachments.set(record.turn, {
				by: record.id,
				agent: record.agent,
				thread: record.thread,
				agentTurn: record.agentTurn,
				model: record.model,
			});
		}
	}

	private answer(record: RecordOf<"approval.answered">): void {
		const known = this.answers.get(record.approval);
		if (!known || record.id < known.id) {
			this.answers.set(record.approval, record);
		}
	}
}
