import type { PromptDraft, PromptImage } from "../../../protocol/live.ts";
import { mentionsIn } from "../pure/mentions.ts";

/** What is being typed, and what goes with it. */
export class Draft {
	text = "";
	images: readonly PromptImage[] = [];
	/** Paths that were chosen for an `@`; those that the text still names go with the prompt. */
	private readonly paths = new Set<string>();

	get isEmpty(): boolean {
		return this.text.trim() === "" && this.images.length === 0;
	}

	mention(path: string): void {
		this.paths.add(path);
	}

	toPrompt(): PromptDraft {
		return {
			text: this.text,
			mentions: mentionsIn(this.text, this.paths),
			images: this.images,
		};
	}

	set({ text, mentions, images }: PromptDraft): void {
		this.text = text;
		this.images = images;
		this.paths.clear();
		for (const path of mentions) {
			this.paths.add(path);
		}
	}

	/** Puts a prompt that was not sent before what stands here. Returns by how many characters that has moved. */
	putBefore({ text, mentions, images }: PromptDraft): number {
		const own = this.text.trim() === "" ? "" : this.text;
		const before = text !== "" && own !== "" ? `${text}\n\n` : text;
		this.text = before + own;
		for (const path of mentions) {
			this.paths.add(path);
		}
		const others = this.images.filter(({ hash }) => images.every((each) => each.hash !== hash));
		this.images = [...images, ...others];
		return before.length;
	}

	clear(): void {
		this.set({ text: "", mentions: [], images: [] });
	}
}
