/**
 * Does one thing after another to a store, at random, until it is killed, and says what is durable: `mutator.ts <folder>
 * <seed> [clock offset, ms]`.
 */
import { writeSync } from "node:fs";
import { HumanError } from "../../src/base/errors.ts";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import type { Session } from "../../src/core/store/session.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { random } from "../bench/datasets.ts";
import { locationsBeside, type Said } from "./lab.ts";

const [folder = "", seed = "1", offset = "0"] = process.argv.slice(2);
const next = random(Number(seed));
const below = (n: number) => Math.floor(next() * n);
const clock = () => Date.now() + Number(offset);
const locations = locationsBeside(folder);
const store = new WorkspaceStore(folder, locations, { clock });
const options = { stores: [store], sources: [], locations };
const ids: string[] = [];

function say(said: Said): void {
	writeSync(1, `${JSON.stringify(said)}\n`);
}

async function some(): Promise<Session> {
	const id = ids[below(ids.length)];
	return id === undefined ? make() : store.open(id);
}

async function make(): Promise<Session> {
	const session = await store.create({ title: `Made by ${seed}` });
	ids.push(session.id);
	say({ created: session.id });
	return session;
}

/** Runs an operation on a session, and says which records it has added. */
async function change(run: (session: Session) => Promise<unknown>): Promise<void> {
	const session = await some();
	const records = await run(session);
	if (Array.isArray(records)) {
		say({ stored: { session: session.id, records: records.map(({ id }) => id) } });
	}
}

/** Several records by one write: a whole turn, now and then with a payload that goes to a blob. */
async function turn(session: Session): Promise<readonly { id: string }[]> {
	const nextId = await session.idSource();
	const id = nextId();
	const items = Array.from({ length: 1 + below(5) }, (_, n) => ({
		type: "item.completed" as const,
		turn: id,
		item: {
			type: "agentMessage" as const,
			text: `${n} ${"x".repeat(below(n === 0 ? 200_000 : 400))}`,
		},
	}));
	return session.append([
		{ id, type: "turn.started", after: null },
		...items,
		{ type: "turn.completed", turn: id, status: "completed" },
	]);
}

const operations: readonly (() => Promise<unknown>)[] = [
	make,
	() => change(turn),
	() => change(turn),
	() =>
		change((session) => session.append([{ type: "session.renamed", title: `To ${below(99)}` }])),
	() =>
		change(async (session) =>
			(
				await Promise.all(
					Array.from({ length: 8 }, (_, n) =>
						session.append([{ type: "note.added", text: `${n}` }]),
					),
				)
			).flat(),
		),
	() => change((session) => session.tag([`t${below(5)}`])),
	() => change((session) => session.archive()),
	() => change((session) => session.pin()),
	() => change((session) => session.revertTo(null)),
	async () => {
		const parent = await some();
		const child = await store.fork(parent.id);
		ids.push(child.id);
		say({ created: child.id });
	},
	async () => {
		const session = await some();
		await session.trash();
		if (below(2) === 0) {
			await session.restore();
			return;
		}
		say({ purging: session.id });
		await store.purge(session.id);
		ids.splice(ids.indexOf(session.id), 1);
	},
	async () => {
		const index = await SessionIndex.open(options);
		await index.update();
		index.close();
	},
	async () => {
		const list = { folders: [folder], sources: [], locations, keepCopies: true };
		const catalogue = new Catalogue(list);
		await catalogue.list();
		catalogue.dispose();
	},
];

while (true) {
	try {
		await operations[below(operations.length)]?.();
	} catch (error) {
		if (!(error instanceof HumanError)) {
			throw error;
		}
		say({ failed: error.reason });
	}
}
