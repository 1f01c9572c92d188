import type { AnsweredApproval } from "../../protocol/live.ts";
import type { FromTranscript, ToTranscript } from "../../protocol/webview.ts";

type Message = Extract<ToTranscript, { type: "approvals" }>;
export type OpenApproval = Message["open"][number];

/** What the page knows of the agent's questions, and what is being filled in. No DOM in here. */
export class Approvals {
	open: readonly OpenApproval[] = [];
	answered: readonly AnsweredApproval[] = [];
	/** Answers on their way. */
	private readonly sent = new Map<string, string>();
	/** Questions that were open on this page: what became of them is said in their place. */
	private readonly seen = new Set<string>();
	private readonly filled = new Map<string, Map<string, readonly string[]>>();
	private readonly post: (message: FromTranscript) => void;

	constructor(post: (message: FromTranscript) => void) {
		this.post = post;
	}

	/** Takes in how things stand; returns the questions that are new, and the items that look different now. */
	take({ open, answered }: Message): {
		readonly fresh: readonly OpenApproval[];
		readonly items: ReadonlySet<string>;
	} {
		const fresh = open.filter(({ id }) => !this.seen.has(id));
		const items = new Set(
			[...this.open, ...open, ...this.answered, ...answered].map(({ item }) => item ?? ""),
		);
		this.open = open;
		this.answered = answered;
		for (const { id } of open) {
			this.seen.add(id);
		}
		const still = new Set(open.map(({ id }) => id));
		for (const id of this.sent.keys()) {
			if (!still.has(id)) {
				this.sent.delete(id);
				this.filled.delete(id);
			}
		}
		return { fresh, items };
	}

	openOf(item: string): readonly OpenApproval[] {
		return this.open.filter((approval) => approval.item === item);
	}

	answeredOf(item: string): readonly AnsweredApproval[] {
		return this.answered.filter((approval) => approval.item === item);
	}

	/** True when it was open on this page. */
	wasOpenHere(approval: AnsweredApproval): boolean {
		return this.seen.has(approval.id);
	}

	/** The option that was chosen and is on its way. */
	sending(id: string): string | undefined {
		return this.sent.get(id);
	}

	values(approval: string, question: string): readonly string[] {
		return this.filled.get(approval)?.get(question) ?? [];
	}

	fill(approval: string, question: string, values: readonly string[]): void {
		const all = this.filled.get(approval) ?? new Map<string, readonly string[]>();
		all.set(question, values);
		this.filled.set(approval, all);
	}

	/** True when every question has an answer: only then something can be allowed. */
	isFilled({ id, questions }: OpenApproval): boolean {
		return questions.every((question) =>
			this.values(id, question.id).some((value) => value !== ""),
		);
	}

	/** Gives the answer; a second one while the first is on its way is not given. */
	answer(approval: OpenApproval, option: string): boolean {
		if (this.sent.has(approval.id)) {
			return false;
		}
		this.sent.set(approval.id, option);
		const answers = Object.fromEntries(this.filled.get(approval.id) ?? []);
		this.post({ type: "answer", approval: approval.id, option, answers });
		return true;
	}

	/** An answer could not be given: the question stands as before. Returns it while it is open. */
	release(id: string): OpenApproval | undefined {
		this.sent.delete(id);
		return this.open.find((approval) => approval.id === id);
	}
}
