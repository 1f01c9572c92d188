import { HumanError } from "../base/errors.ts";
import { Checkpoints } from "../core/checkpoints/checkpoints.ts";
import { forgetSessions } from "../core/checkpoints/forgetting.ts";
import { printableLine } from "../core/export/printable.ts";

import type { Session } from "../core/store/session.ts";
import type { Cli } from "./cli.ts";
import { changeAtCodex } from "./codexThreads.ts";
import { type Command, UsageError } from "./command.ts";
import { sessionShape } from "./shapes.ts";
import { count } from "./table.ts";

export const create: Command = {
	name: "create",
	usage: "create [--title TITLE] [--agent AGENT] [--model MODEL]",
	summary: "Make a session",
	options: { title: { type: "string" }, agent: { type: "string" }, model: { type: "string" } },
	takes: [0, 0],
	async run(cli, args) {
		const title = args.text("title");
		const agent = args.text("agent");
		const model = args.text("model");
		const session = await cli.store.create({
			...(title === undefined ? {} : { title }),
			...(agent === undefined ? {} : { agent }),
			...(model === undefined ? {} : { model }),
		});
		await cli.printSession(session, () => session.id);
	},
};

export const fork: Command = {
	name: "fork",
	usage: "fork ID [--at ITEM]",
	summary: "Make a session that continues another one, up to and including an item",
	options: { at: { type: "string" } },
	takes: [1, 1],
	async run(cli, args) {
		const given = args.positionals[0] ?? "";
		const at = args.text("at");
		const session = given.includes(":")
			? await forkSource(cli, given, at)
			: await cli.store.fork(await cli.ownId(given), at);
		await cli.printSession(session, () => session.id);
	},
};

/** A source's session is adopted first, unless it is one of ours; the item may be named by its id there or by ours. */
async function forkSource(cli: Cli, given: string, at: string | undefined): Promise<Session> {
	const { source, summary } = await cli.sourceSession(given);
	const ours = await cli.livingIn(summary.id);
	if (ours !== undefined) {
		return cli.store.fork(ours, at);
	}
	const { session, itemIds } = await cli.store.adopt(source, summary);
	return cli.store.fork(session.id, at === undefined ? undefined : (itemIds.get(at) ?? at));
}

/** A verb that archives a session or takes it out again, one of Codex's own too. */
function shelve(name: string, summary: string, archived: boolean, done: string): Command {
	return {
		name,
		usage: `${name} ID`,
		summary,
		takes: [1, 1],
		async run(cli, args) {
			const at = await changeAtCodex(cli, args.positionals[0] ?? "", { archived }, done);
			if (!at.changed) {
				const run = (session: Session) => (archived ? session.archive() : session.unarchive());
				await changeOwn(cli, at.id, run, done);
			}
		},
	};
}

/** A verb that makes one change to one session. */
function change(
	name: string,
	summary: string,
	run: (session: Session) => Promise<void>,
	done: string,
): Command {
	return {
		name,
		usage: `${name} ID`,
		summary,
		takes: [1, 1],
		async run(cli, args) {
			await changeOwn(cli, args.positionals[0] ?? "", run, done);
		},
	};
}

async function changeOwn(
	cli: Cli,
	given: string,
	run: (session: Session) => Promise<void>,
	done: string,
): Promise<void> {
	const session = await cli.session(given);
	await run(session);
	await cli.printSession(session, (title) => `${done}: ${title}`);
}

export const archive = shelve("archive", "Take a session out of the list", true, "Archived");
export const unarchive = shelve(
	"unarchive",
	"Put an archived session back into the list",
	false,
	"Back in the list",
);
export const trash = change(
	"trash",
	"Delete a session; it can be restored until it is purged",
	(session) => session.trash(),
	"Moved to the trash",
);
export const unrevert = change(
	"unrevert",
	"Go back to where the session was before the last revert",
	(session) => session.unrevert(),
	"Reverted no longer",
);

export const restore: Command = {
	name: "restore",
	usage: "restore ID | restore --kept",
	summary: "Take a session out of the trash; --kept: put back all that was removed from disk",
	options: { kept: { type: "boolean" } },
	takes: [0, 1],
	async run(cli, args) {
		const [given] = args.positionals;
		if (args.flag("kept") === (given !== undefined)) {
			throw new UsageError("Either an ID or --kept is needed.");
		}
		if (given === undefined) {
			const restored = await cli.store.restoreKept();
			cli.print({ restored }, () => `Restored ${count(restored.length, "session")}.\n`);
			return;
		}
		const session = await keptOrPresent(cli, given);
		if (session.state.trashed) {
			await session.restore();
		}
		await cli.printSession(session, (title) => `Restored: ${title}`);
	},
};

/** The session, put back from its kept copy when its journal is gone from the folder. */
async function keptOrPresent(cli: Cli, given: string): Promise<Session> {
	try {
		return await cli.session(given);
	} catch (error) {
		const missing = error instanceof HumanError && error.reason === "no-such-session";
		if (!missing || (await cli.store.restoreKept([given.toUpperCase()])).length === 0) {
			throw error;
		}
		return cli.session(given);
	}
}

export const rename: Command = {
	name: "rename",
	usage: "rename ID TITLE",
	summary: "Give a session another title",
	takes: [2, 2],
	async run(cli, args) {
		const [given = "", title = ""] = args.positionals;
		const at = await changeAtCodex(cli, given, { name: title }, "Renamed");
		if (!at.changed) {
			await changeOwn(cli, at.id, (session) => session.rename(title), "Renamed");
		}
	},
};

export const purge: Command = {
	name: "purge",
	usage: "purge ID [--with-forks]",
	summary: "Remove a session in the trash from disk, for good",
	options: { "with-forks": { type: "boolean" } },
	takes: [1, 1],
	async run(cli, args) {
		const session = await cli.session(args.positionals[0] ?? "");
		const summary = await session.summary();
		const { purged } = await cli.store.purge(session.id, { withForks: args.flag("with-forks") });
		const checkpoints = new Checkpoints(cli.store.folder, cli.store.locations);
		// Where there is no git there is nothing to forget; what stays takes nothing away.
		await forgetSessions(checkpoints, purged).catch(ignoreExpected);
		cli.print(
			{ session: sessionShape(summary), purged },
			() =>
				`Removed for good: ${printableLine(summary.title) || "untitled"}${purged.length > 1 ? ` and ${count(purged.length - 1, "fork")}` : ""}\n`,
		);
	},
};

function ignoreExpected(error: unknown): void {
	if (!(error instanceof HumanError)) {
		throw error;
	}
}

export const revert: Command = {
	name: "revert",
	usage: "revert ID --to ITEM",
	summary: "Go back to an item; what came after it stays as a branch",
	options: { to: { type: "string" } },
	takes: [1, 1],
	async run(cli, args) {
		const to = args.text("to");
		if (to === undefined) {
			throw new UsageError("The item to go back to is missing.");
		}
		const session = await cli.session(args.positionals[0] ?? "");
		await session.revertTo(to);
		await cli.printSession(session, (title) => `Reverted: ${title}`);
	},
};

export const tag: Command = {
	name: "tag",
	usage: "tag ID NAME... [--remove]",
	summary: "Add tags to a session, or remove them",
	options: { remove: { type: "boolean" } },
	takes: [2, Number.POSITIVE_INFINITY],
	async run(cli, args) {
		const [id = "", ...names] = args.positionals;
		const session = await cli.session(id);
		await (args.flag("remove") ? session.untag(names) : session.tag(names));
		await cli.printSession(
			session,
			(title) => `Tags of ${title}: ${session.state.tags.join(", ") || "none"}`,
		);
	},
};

export const note: Command = {
	name: "note",
	usage: "note ID TEXT [--item ITEM]",
	summary: "Add a note to a session or to one of its items",
	options: { item: { type: "string" } },
	takes: [2, 2],
	async run(cli, args) {
		const [id = "", text = ""] = args.positionals;
		const session = await cli.session(id);
		await session.addNote(text, args.text("item"));
		await cli.printSession(session, (title) => `Noted: ${title}`);
	},
};

export const pin: Command = {
	name: "pin",
	usage: "pin ID [--off]",
	summary: "Pin a session to the top of the list, or unpin it",
	options: { off: { type: "boolean" } },
	takes: [1, 1],
	async run(cli, args) {
		const session = await cli.session(args.positionals[0] ?? "");
		await (args.flag("off") ? session.unpin() : session.pin());
		await cli.printSession(
			session,
			(title) => `${args.flag("off") ? "Unpinned" : "Pinned"}: ${title}`,
		);
	},
};
