import type { PromptImage } from "../../../protocol/live.ts";
import type { Words } from "../words.ts";
import { type Attachment, Attachments, imagesIn, mayHoldImages } from "./attachments.ts";
import type { Draft } from "./draft.ts";

interface Surroundings {
	words(): Words;
	/** The draft has other images, or something is dragged over the box. */
	changed(): void;
	/** An image was not taken. */
	refused(why: string): void;
}

/** Takes images that are pasted or dropped into what is being typed, at once; the host has them a moment later. */
export class ImageIntake {
	/** Something that may be an image is dragged over the box. */
	dragging = false;
	private readonly draft: Draft;
	private readonly around: Surroundings;
	private readonly attachments = new Attachments();

	constructor(draft: Draft, around: Surroundings) {
		this.draft = draft;
		this.around = around;
	}

	dragOver(event: DragEvent): void {
		if (mayHoldImages(event.dataTransfer)) {
			event.preventDefault();
			this.drag(true);
		}
	}

	dragLeave(): void {
		this.drag(false);
	}

	drop(event: DragEvent): void {
		this.drag(false);
		const images = imagesIn(event.dataTransfer);
		if (images.length > 0) {
			event.preventDefault();
			this.add(images);
		}
	}

	paste(event: ClipboardEvent): void {
		const images = imagesIn(event.clipboardData);
		// A table or a page that is copied comes as a picture, too: its text is what is meant.
		if (images.length > 0 && !event.clipboardData?.getData("text/plain")) {
			event.preventDefault();
			this.add(images);
		}
	}

	remove(attachment: Attachment): void {
		this.draft.remove(attachment);
		this.around.changed();
	}

	/** The host's answer: the image, or why it was not taken. */
	receive(id: number, answer: PromptImage | string): void {
		this.attachments.receive(id, answer);
	}

	private drag(over: boolean): void {
		if (this.dragging !== over) {
			this.dragging = over;
			this.around.changed();
		}
	}

	private add(files: readonly File[]): void {
		const { draft, around } = this;
		for (const file of files) {
			const attachment = this.attachments.attach(file, draft.images.length, around.words());
			if (typeof attachment === "string") {
				around.refused(attachment);
			} else {
				draft.images = [...draft.images, attachment];
				void attachment.taken.then((answer) => this.settle(attachment, answer));
			}
		}
		around.changed();
	}

	private settle(attachment: Attachment, answer: PromptImage | string): void {
		// One that was sent meanwhile is no matter of the box.
		if (this.draft.images.includes(attachment)) {
			if (typeof answer === "string") {
				this.around.refused(answer);
			}
			this.draft.settle(attachment);
			this.around.changed();
		}
	}
}
