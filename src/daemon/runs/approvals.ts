import { HumanError } from "../../base/errors.ts";
import type { ApprovalOutcome, RecordDraft } from "../../core/model/record.ts";
import type { Approval } from "../../protocol/daemon.ts";
import type { ApprovalAnswer } from "../drivers/driver.ts";

interface Open {
	readonly approval: Approval;
	/** Writes the answer down, and who gave it; then the agent gets it. */
	readonly store: (answer: ApprovalAnswer | undefined, client?: string) => Promise<void>;
	readonly resolve: (answer: ApprovalAnswer | undefined) => void;
}

/** Answers that are remembered, so that the second one is told who was first. */
const remembered = 1000;

/**
 * The questions that agents wait on, of all runs.
 * Guarantees: each is answered once, whoever asks and how many at the same time; an answer reaches the agent only after
 * it is in the journal; one that could not be written may be given again.
 */
export class Approvals {
	private readonly open = new Map<string, Open>();
	private readonly answered = new Map<string, string>();

	list(): Approval[] {
		return [...this.open.values()].map(({ approval }) => structuredClone(approval));
	}

	countOf(run: string): number {
		return [...this.open.values()].filter(({ approval }) => approval.run === run).length;
	}

	/** Waits for the answer to a question; undefined when it was withdrawn. */
	wait(approval: Approval, store: Open["store"]): Promise<ApprovalAnswer | undefined> {
		return new Promise((resolve) => {
			this.open.set(approval.id, { approval, store, resolve });
		});
	}

	/** Throws a HumanError: `no-such-approval`, `answered`, `no-such-option`, or what made the storing fail. */
	async answer(
		id: string,
		option: string,
		answers: Readonly<Record<string, readonly string[]>>,
		client: string,
	): Promise<ApprovalOutcome> {
		const open = this.open.get(id);
		if (!open) {
			const first = this.answered.get(id);
			throw first === undefined
				? new HumanError("no-such-approval", "This question is not open any more.")
				: new HumanError("answered", `This question was answered already (${first}).`);
		}
		const chosen = open.approval.options.find((each) => each.id === option);
		if (!chosen) {
			throw new HumanError("no-such-option", `"${option}" is not an answer to this question.`);
		}
		this.close(id, `${chosen.label}, by ${client}`);
		const answer = { option: chosen, answers };
		try {
			await open.store(answer, client);
		} catch (error) {
			this.answered.delete(id);
			this.open.set(id, open);
			throw error;
		}
		open.resolve(answer);
		return outcomeOf(answer);
	}

	/** The agent, or the end of the turn, has made the question pointless. */
	async withdraw(id: string): Promise<void> {
		const open = this.open.get(id);
		if (open) {
			this.close(id, "it was withdrawn");
			open.resolve(undefined);
			await open.store(undefined);
		}
	}

	private close(id: string, how: string): void {
		this.open.delete(id);
		this.answered.set(id, how);
		const [oldest] = this.answered.keys();
		if (this.answered.size > remembered && oldest !== undefined) {
			this.answered.delete(oldest);
		}
	}
}

/** The record of an answer; what was answered to secret questions is not in it. */
export function answeredRecord(
	approval: string,
	answer: ApprovalAnswer | undefined,
	questions: Approval["questions"],
	client: string | undefined,
): RecordDraft {
	const secret = new Set(questions.filter((each) => each.secret).map((each) => each.id));
	const answers = Object.entries(answer?.answers ?? {}).filter(([name]) => !secret.has(name));
	return {
		type: "approval.answered",
		approval,
		outcome: outcomeOf(answer),
		...(answer ? { option: answer.option.id } : {}),
		...(answers.length > 0
			? { answers: Object.fromEntries(answers.map(([name, given]) => [name, [...given]])) }
			: {}),
		...(client === undefined ? {} : { by: client }),
	};
}

export function outcomeOf(answer: ApprovalAnswer | undefined): ApprovalOutcome {
	if (!answer) {
		return "withdrawn";
	}
	const { kind } = answer.option;
	return kind === "allowOnce" || kind === "allowAlways" ? "allowed" : "rejected";
}
