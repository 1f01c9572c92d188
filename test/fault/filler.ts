/** Appends to a store until the disk refuses, and says what is durable: `filler.ts <folder> <name>`. */
import { writeSync } from "node:fs";
import { HumanError } from "../../src/base/errors.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { locationsBeside, type Said } from "./lab.ts";

const [folder = ""] = process.argv.slice(2);
const store = new WorkspaceStore(folder, locationsBeside(folder));
let refused = 0;

function say(said: Said): void {
	writeSync(1, `${JSON.stringify(said)}\n`);
}

async function attempt(run: () => Promise<Said>): Promise<void> {
	try {
		say(await run());
	} catch (error) {
		if (!(error instanceof HumanError)) {
			throw error;
		}
		refused++;
		say({ failed: `${error.reason}: ${error.message}` });
	}
}

for (let n = 0; refused < 20 && n < 3000; n++) {
	await attempt(async () => {
		const session = await store.create({ title: `Session ${n}` });
		return { created: session.id };
	});
	const [id] = n === 0 ? [] : await store.files.readdir(store.layout.sessions);
	if (id?.endsWith(".jsonl")) {
		await attempt(async () => {
			const session = await store.open(id.slice(0, -".jsonl".length));
			const text = "z".repeat((n * 977) % 90_000);
			const records = await session.append([{ type: "note.added", text }]);
			return { stored: { session: session.id, records: records.map((record) => record.id) } };
		});
	}
}
await store.close();
