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

/**
 * Hands images to the host, which keeps their bytes until they are sent. Each is answered with the image's name, or with
 * a sentence why it was not taken.
 */
export class Attachments {
	private readonly waiting = new Map<number, PromiseWithResolvers<PromptImage | string>>();
	private lastId = 0;

	/** The image, or why it was not taken. `already` is how many the prompt has. */
	async attach(file: File, already: number, words: Words): Promise<PromptImage | string> {
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
		const bytes = new Uint8Array(await file.arrayBuffer());
		const id = ++this.lastId;
		const answer = Promise.withResolvers<PromptImage | string>();
		this.waiting.set(id, answer);
		post({ type: "attach", id, name, mime: file.type, bytes });
		return answer.promise;
	}

	receive(id: number, answer: PromptImage | string): void {
		this.waiting.get(id)?.resolve(answer);
		this.waiting.delete(id);
	}
}
