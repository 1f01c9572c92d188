// Records the sessions of the sample with the real Codex, in sample/codex. The model is scripted (recordings.ts); Codex,
// its commands and its files are real.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type CodexClient, startCodex } from "./lib/codexClient.ts";
import { installCodex } from "./lib/install.ts";
import { type ModelEndpoint, startModelEndpoint } from "./lib/modelEndpoint.ts";
import { run } from "./lib/processes.ts";
import { moveSessions, recordedCodexHome, recordedFolder, sampleFolder } from "./lib/sample.ts";
import { type Prompt, type Recording, recordings } from "./recordings.ts";

/** Ids of a recorded session and of its turns. */
interface Recorded {
	readonly thread: string;
	readonly turns: string[];
}

/** A name that Codex knows, so that it offers its tools; the answers are scripted. */
const modelName = "gpt-5.5";
const scratch = await mkdtemp(path.join(tmpdir(), "skein-record-"));
const demo = path.join(scratch, "demo");
const notes = path.join(scratch, "notes");
const home = path.join(scratch, "home");
const codexHome = path.join(home, ".codex");
const model = await startModelEndpoint();
try {
	await prepare();
	const client = await startCodex(await installCodex(), { cwd: demo, env: environment() });
	const done = new Map<string, Recorded>();
	for (const recording of recordings) {
		done.set(recording.key, await record(client, model, recording, done));
		console.log(`Recorded "${recording.prompts[0]?.text}"`);
	}
	await client.close();
	await keep();
} finally {
	model.close();
	await rm(scratch, { recursive: true, force: true });
}

/** The project in a git repository of its own, and a Codex home that knows only the scripted model. */
async function prepare(): Promise<void> {
	await mkdir(codexHome, { recursive: true });
	await mkdir(notes);
	await cp(path.join(sampleFolder, "demo"), demo, { recursive: true });
	const git = (...args: string[]) =>
		run("git", ["-c", "user.name=Dev", "-c", "user.email=dev@example.com", ...args], {
			cwd: demo,
			quiet: true,
		});
	await git("init", "--quiet", "--initial-branch=main");
	await git("add", ".");
	await git("commit", "--quiet", "--message=Start");
	await writeFile(
		path.join(codexHome, "config.toml"),
		[
			`model = "${modelName}"`,
			'model_provider = "demo"',
			'model_reasoning_summary = "detailed"',
			"[model_providers.demo]",
			'name = "demo"',
			`base_url = "${model.baseUrl}"`,
			'wire_api = "responses"',
			"",
		].join("\n"),
	);
}

/** Nothing of this machine but its programs. */
function environment(): NodeJS.ProcessEnv {
	return {
		PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
		HOME: home,
		CODEX_HOME: codexHome,
		SHELL: "/bin/bash",
		USER: "dev",
		LANG: "C.UTF-8",
		TZ: "UTC",
	};
}

async function record(
	client: CodexClient,
	model: ModelEndpoint,
	recording: Recording,
	done: ReadonlyMap<string, Recorded>,
): Promise<Recorded> {
	const thread = await openThread(client, recording, done);
	const turns: string[] = [];
	const ask = async (prompts: readonly Prompt[]) => {
		for (const prompt of prompts) {
			turns.push(await takeTurn(client, model, thread, prompt));
		}
	};
	await ask(recording.prompts);
	if (recording.revertTo) {
		await client.call("thread/revert", {
			threadId: thread,
			beforeTurnId: turns[recording.revertTo.turn + 1],
		});
		await ask(recording.revertTo.prompts);
	}
	if (recording.name) {
		await client.call("thread/name/set", { threadId: thread, name: recording.name });
	}
	if (recording.archive) {
		await client.call("thread/archive", { threadId: thread });
	}
	return { thread, turns };
}

async function openThread(
	client: CodexClient,
	{ forkOf, elsewhere }: Recording,
	done: ReadonlyMap<string, Recorded>,
): Promise<string> {
	const settings = {
		cwd: elsewhere ? notes : demo,
		approvalPolicy: "never",
		sandbox: "danger-full-access",
	};
	const parent = forkOf && done.get(forkOf.key);
	const answer = parent
		? await client.call("thread/fork", {
				...settings,
				threadId: parent.thread,
				lastTurnId: parent.turns[forkOf.turn],
				excludeTurns: true,
			})
		: await client.call("thread/start", { ...settings, historyMode: "paginated" });
	return (answer["thread"] as { id: string }).id;
}

async function takeTurn(
	client: CodexClient,
	model: ModelEndpoint,
	threadId: string,
	prompt: Prompt,
): Promise<string> {
	model.script(prompt.answers);
	const completed = client.next("turn/completed", (params) => params["threadId"] === threadId);
	const said = client.next("item/agentMessage/delta");
	const started = await client.call("turn/start", {
		threadId,
		input: [
			{ type: "text", text: prompt.text, text_elements: [] },
			...(prompt.image ? [{ type: "localImage", path: path.join(demo, prompt.image) }] : []),
		],
		collaborationMode: {
			mode: prompt.planMode ? "plan" : "default",
			settings: { model: modelName, reasoning_effort: null, developer_instructions: null },
		},
	});
	const turnId = (started["turn"] as { id: string }).id;
	if (prompt.interrupt) {
		await said;
		// Lets the rest of what the model says arrive.
		await new Promise((resolve) => setTimeout(resolve, 1000));
		await client.call("turn/interrupt", { threadId, turnId });
	}
	await completed;
	if (model.left() > 0) {
		throw new Error(`Codex did not ask for ${model.left()} answers to "${prompt.text}".`);
	}
	return turnId;
}

/** Takes the session files, which are the truth, and leaves databases, logs and caches. */
async function keep(): Promise<void> {
	const kept = ["sessions", "archived_sessions", "session_index.jsonl"];
	for (const name of await readdir(codexHome)) {
		if (!kept.includes(name)) {
			await rm(path.join(codexHome, name), { recursive: true });
		}
	}
	const target = path.join(sampleFolder, "codex");
	await rm(target, { recursive: true, force: true });
	await moveSessions(codexHome, target, [
		[demo, recordedFolder],
		[notes, "/workspace/notes"],
		[codexHome, recordedCodexHome],
		[home, path.dirname(recordedCodexHome)],
		[path.dirname(process.execPath), "/usr/bin"],
	]);
	const listing = spawn("du", ["-ah", target], { stdio: "inherit" });
	await once(listing, "close");
}
