import { imageLimit, imagesLimit, type PromptImage } from "../../../protocol/live.ts";
import { post } from "../vscodeApi.ts";
import type { Words } from "../words.ts";

/** Types that agents take; the host looks at the bytes once more. */
const taken = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** Images in what was pasted or dropped. */
export function imagesIn(transfer: DataTransfer | null): File[] {
	return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));
}

/** True while something is dragged that may hold an image. */
export function mayHoldImages(transfer: DataTransfer | null): boolean {
	return [...(transfer?.items ?? [])].some(
		(item) => item.kind === "file" && item.type.startsWith("image/"),
	);
}

/** An image of a prompt, from the moment it was pasted or dropped. */
export interface Attachment {
	readonly name: string;
	/** What the host makes of it: the image, or why it was not taken. Never rejects. */
	readonly taken: Promise<PromptImage | string>;
	/** Undefined until the host has it. */
	readonly image?: PromptImage | undefined;
}

/** An image that the host has. */
export function attached(image: PromptImage): Attachment {
	return { name: image.name, taken: Promise.resolve(image), image };
}

/**
 * Hands images to the host, which keeps their bytes until they are sent. Each is answered with the image's name, or with
 * a sentence why it was not taken.
 */
export class Attachments {
	private readonly waiting = new Map<number, PromiseWithResolvers<PromptImage | string>>();
	private lastId = 0;

	/** The image, or why it is not taken. `already` is how many the prompt has. */
	attach(file: File, already: number, words: Words): Attachment | string {
		const name = file.name || words.say("composer.image");
		if (!taken.has(file.type)) {
			return words.say("composer.imageType", name);
		}
		if (file.size > imageLimit) {
			return words.say("composer.imageSize", name, imageLimit / 1024 / 1024);
		}
		if (already >= imagesLimit) {
			return words.say("composer.imageCount", name, imagesLimit);
		}
		let image: PromptImage | undefined;
		const give = async () => {
			const answer = await this.give(file, name, words);
			image = typeof answer === "string" ? undefined : answer;
			return answer;
		};
		return {
			name,
			taken: give(),
			get image() {
				return image;
			},
		};
	}

	receive(id: number, answer: PromptImage | string): void {
		this.waiting.get(id)?.resolve(answer);
		this.waiting.delete(id);
	}

	private async give(file: File, name: string, words: Words): Promise<PromptImage | string> {
		let bytes: Uint8Array;
		try {
			bytes = new Uint8Array(await file.arrayBuffer());
		} catch {
			// It was dropped from a place that is gone, or may not be read.
			return words.say("composer.imageUnread", name);
		}
		const id = ++this.lastId;
		const answer = Promise.withResolvers<PromptImage | string>();
		this.waiting.set(id, answer);
		post({ type: "attach", id, name, mime: file.type, bytes });
		return answer.promise;
	}
}
