import type { PromptDraft } from "../../../protocol/live.ts";
import { mentionsIn } from "../pure/mentions.ts";
import { type Attachment, attached } from "./attachments.ts";

/** What is being typed, and what goes with it. */
export class Draft {
	text = "";
	images: readonly Attachment[] = [];
	/** Paths that were chosen for an `@`; those that the text still names go with the prompt. */
	private readonly paths = new Set<string>();

	get isEmpty(): boolean {
		return this.text.trim() === "" && this.images.length === 0;
	}

	mention(path: string): void {
		this.paths.add(path);
	}

	/** With the images that the host has by now. */
	toPrompt(): PromptDraft {
		return {
			text: this.text,
			mentions: mentionsIn(this.text, this.paths),
			images: this.images.flatMap(({ image }) => image ?? []),
		};
	}

	set(prompt: PromptDraft): void {
		this.clear();
		this.putBefore(prompt);
	}

	/** Puts a prompt that was not sent before what stands here. Returns by how many characters that has moved. */
	putBefore({ text, mentions, images }: PromptDraft): number {
		const own = this.text.trim() === "" ? "" : this.text;
		const before = text !== "" && own !== "" ? `${text}\n\n` : text;
		this.text = before + own;
		for (const path of mentions) {
			this.paths.add(path);
		}
		const isAmong = (hash: string | undefined) => images.some((each) => each.hash === hash);
		const others = this.images.filter(({ image }) => !isAmong(image?.hash));
		this.images = [...images.map(attached), ...others];
		return before.length;
	}

	/** The host has taken an image, or not. Two that are the same are one. */
	settle(attachment: Attachment): void {
		const { image } = attachment;
		const others = this.images.filter((each) => each !== attachment);
		const isKnown = others.some((each) => each.image?.hash === image?.hash && image);
		if (!image || isKnown) {
			this.images = others;
		}
	}

	remove(attachment: Attachment): void {
		this.images = this.images.filter((each) => each !== attachment);
	}

	clear(): void {
		this.text = "";
		this.images = [];
		this.paths.clear();
	}
}
