/** Contents kept for the next question. */
const count = 32;
/** A larger content is not kept. Bytes. */
const largest = 1024 * 1024;

/** The contents read last, by name: VS Code asks for the size of a file, then for the file. */
export class LastContents {
	private readonly contents = new Map<string, Promise<Uint8Array>>();

	async get(name: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
		const known = this.contents.get(name);
		if (known) {
			return known;
		}
		const reading = read();
		this.contents.set(name, reading);
		for (const oldest of this.contents.keys()) {
			if (this.contents.size <= count) {
				break;
			}
			this.contents.delete(oldest);
		}
		try {
			const bytes = await reading;
			if (bytes.length > largest) {
				this.contents.delete(name);
			}
			return bytes;
		} catch (error) {
			this.contents.delete(name);
			throw error;
		}
	}
}
