import { existsSync, rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import type { TestContext } from "node:test";
import { build } from "esbuild";
import { installCodex } from "../../scripts/lib/install.ts";
import { type ModelEndpoint, startModelEndpoint } from "../../scripts/lib/modelEndpoint.ts";
import { cacheFolder, repository } from "../../scripts/lib/paths.ts";
import { run } from "../../scripts/lib/processes.ts";
import { userLocations } from "../../src/core/locations.ts";
import type { Item } from "../../src/core/model/item.ts";
import type { Session } from "../../src/core/store/session.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import type { DaemonClient } from "../../src/daemon/client/client.ts";
import { type ConnectOptions, connectDaemon } from "../../src/daemon/client/connect.ts";
import type { AgentSpec, DaemonEvent } from "../../src/protocol/daemon.ts";
import { type ChatEndpoint, startChatEndpoint } from "./chatEndpoint.ts";

/** A workspace with a user's folders of its own, and the means to reach its daemon. */
export interface DaemonLab {
	readonly folder: string;
	readonly home: string;
	readonly env: Record<string, string>;
	readonly store: WorkspaceStore;
	connect(
		name?: string,
		args?: readonly string[],
		more?: Pick<ConnectOptions, "idleTimeout" | "env">,
	): Promise<DaemonClient>;
	/** Runs when the test ends, before the folders go. */
	atEnd(task: () => Promise<void>): void;
}

/** Where labs are made. Short paths: a socket's has at most 104 bytes. */
const labs = process.env["SKEIN_LABS"] ?? "/tmp";

export async function daemonLab(
	test: { after(task: () => Promise<void>): void },
	more: Record<string, string> = {},
): Promise<DaemonLab> {
	const scratch = await mkdtemp(path.join(labs, "skein-d-"));
	const folder = path.join(scratch, "work");
	const home = path.join(scratch, "home");
	const run = path.join(scratch, "run");
	for (const each of [folder, home, run]) {
		await mkdir(each, { mode: 0o700 });
	}
	const env = {
		PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
		HOME: home,
		SHELL: "/bin/bash",
		LANG: "C.UTF-8",
		XDG_RUNTIME_DIR: run,
		...more,
	};
	const store = new WorkspaceStore(folder, userLocations(env));
	const clients: DaemonClient[] = [];
	const tasks: (() => Promise<void>)[] = [];
	test.after(async () => {
		for (const task of tasks) {
			await task();
		}
		const last = clients.at(-1);
		if (last) {
			await stopDaemon(await connect("the end of the test"));
		}
		for (const client of clients) {
			client.dispose();
		}
		await store.close();
		await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
	});
	const script = await daemonScript();
	async function connect(
		name = "a test",
		args: readonly string[] = [],
		more: Pick<ConnectOptions, "idleTimeout" | "env"> = {},
	): Promise<DaemonClient> {
		const client = await connectDaemon({
			folder,
			client: name,
			script,
			version: "0.0.0-test",
			// VS Code's own Node is an older one.
			...(process.env["SKEIN_DAEMON_NODE"] ? { runtime: process.env["SKEIN_DAEMON_NODE"] } : {}),
			env,
			args,
			...more,
		});
		clients.push(client);
		return client;
	}
	return { folder, home, env, store, connect, atEnd: (task) => void tasks.push(task) };
}

let bundled: Promise<string> | undefined;

/** The daemon, bundled as it is shipped. */
function daemonScript(): Promise<string> {
	bundled ??= bundle();
	return bundled;
}

async function bundle(): Promise<string> {
	const folder = await mkdtemp("/tmp/skein-bundle-");
	const script = path.join(folder, "daemon.mjs");
	await build({
		entryPoints: [path.join(repository, "src/daemon/main.ts")],
		outfile: script,
		bundle: true,
		platform: "node",
		target: "node22.16",
		format: "esm",
		banner: {
			js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
		},
	});
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	return script;
}

/** An agent that misbehaves; see fakeAgent.mjs. */
export function fakeAgent(mode: string, amount = 100): AgentSpec {
	const script = path.join(repository, "test/daemon/fakeAgent.mjs");
	const args = [script, mode, String(amount)];
	return { agent: "fake", driver: "codex", command: process.execPath, args };
}

/** Ends a daemon, whatever it does, and waits until it has let go. */
export async function stopDaemon(client: DaemonClient): Promise<void> {
	const closed = new Promise<void>((resolve) => client.onClose(() => resolve()));
	await client.call("stop", { force: true });
	await closed;
	await untilGone(client.pid);
}

/** Resolves when there is no such process. */
export async function untilGone(pid: number): Promise<void> {
	for (;;) {
		try {
			process.kill(pid, 0);
		} catch {
			return;
		}
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

/** The real Codex with a model of its own on loopback. */
export interface CodexLab extends DaemonLab {
	readonly model: ModelEndpoint;
	readonly agent: AgentSpec;
}

export async function codexLab(test: TestContext): Promise<CodexLab> {
	const command = await installCodex();
	const model = await startModelEndpoint();
	test.after(() => model.close());
	const lab = await daemonLab(test);
	const codexHome = path.join(lab.home, "codex");
	await mkdir(codexHome);
	await writeFile(
		path.join(codexHome, "config.toml"),
		[
			'model = "gpt-5.5"',
			'model_provider = "demo"',
			"[model_providers.demo]",
			'name = "demo"',
			`base_url = "${model.baseUrl}"`,
			'wire_api = "responses"',
			"",
		].join("\n"),
	);
	const agent: AgentSpec = {
		agent: "codex",
		driver: "codex",
		command,
		args: ["app-server"],
		env: { CODEX_HOME: codexHome },
	};
	return { ...lab, model, agent };
}

/** The real OpenCode with a model of its own on loopback; it asks before it runs commands or changes files. */
export interface OpenCodeLab extends DaemonLab {
	readonly model: ChatEndpoint;
	readonly agent: AgentSpec;
}

export async function openCodeLab(test: TestContext): Promise<OpenCodeLab> {
	const command = await installOpenCode();
	const model = await startChatEndpoint();
	test.after(() => model.close());
	const lab = await daemonLab(test);
	const config = openCodeConfig(model.baseUrl);
	const xdg = ["DATA", "CONFIG", "CACHE", "STATE"].map((name) => [
		`XDG_${name}_HOME`,
		path.join(lab.home, "opencode", name.toLowerCase()),
	]);
	const agent: AgentSpec = {
		agent: "opencode",
		driver: "acp",
		command,
		args: ["acp"],
		env: {
			...Object.fromEntries(xdg),
			OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
			OPENCODE_DISABLE_AUTOUPDATE: "1",
		},
	};
	return { ...lab, model, agent };
}

/** OpenCode with two models, the first by default, which asks before it runs commands or changes files. */
export function openCodeConfig(baseUrl: string): object {
	return {
		model: "demo/mock",
		small_model: "demo/mock",
		provider: {
			demo: {
				npm: "@ai-sdk/openai-compatible",
				name: "demo",
				options: { baseURL: baseUrl, apiKey: "none" },
				models: { mock: { name: "mock" }, bigger: { name: "Bigger Mock" } },
			},
		},
		permission: { bash: "ask", edit: "ask" },
		share: "disabled",
		autoupdate: false,
	};
}

const openCodeVersion = "1.18.33";

/** Installs the real OpenCode beside the real Codex; returns its command. */
export async function installOpenCode(): Promise<string> {
	const folder = path.join(cacheFolder, "opencode");
	const command = path.join(folder, "node_modules/.bin/opencode");
	if (!existsSync(path.join(folder, ".complete"))) {
		await rm(folder, { recursive: true, force: true });
		await mkdir(folder, { recursive: true });
		await writeFile(path.join(folder, "package.json"), '{"private":true}\n');
		const args = ["install", `opencode-ai@${openCodeVersion}`, "--no-audit", "--no-fund"];
		await run("npm", args, { cwd: folder, quiet: true });
		await writeFile(path.join(folder, ".complete"), "");
	}
	return command;
}

/** Events of a daemon, kept from the moment of subscription on, to wait for without sleeping. */
export class Watch {
	readonly events: DaemonEvent[] = [];
	private waiting: { matches(event: DaemonEvent): boolean; resolve(event: DaemonEvent): void }[] =
		[];

	static async on(client: DaemonClient, after: number | null = null): Promise<Watch> {
		const watch = new Watch();
		client.on("event")((event) => watch.add(event));
		const { events } = await client.call("subscribe", { after });
		for (const event of events) {
			watch.add(event);
		}
		return watch;
	}

	/** The first event of a type that matches, past ones included. */
	next(
		type: DaemonEvent["type"],
		matches: (event: DaemonEvent) => boolean = () => true,
	): Promise<DaemonEvent> {
		const wanted = (event: DaemonEvent) => event.type === type && matches(event);
		const past = this.events.find(wanted);
		return past
			? Promise.resolve(past)
			: new Promise((resolve) => this.waiting.push({ matches: wanted, resolve }));
	}

	/** The `count`th event of a type, from 1, past ones included. */
	async nth(type: DaemonEvent["type"], count: number): Promise<DaemonEvent> {
		const seen: number[] = [];
		let event: DaemonEvent | undefined;
		while (seen.length < count) {
			event = await this.next(type, ({ seq }) => !seen.includes(seq));
			seen.push(event.seq);
		}
		return event as DaemonEvent;
	}

	/** The end of a run. */
	ended(run: string): Promise<DaemonEvent> {
		return this.next("run.ended", (event) => event.detail?.["run"] === run);
	}

	private add(event: DaemonEvent): void {
		if (this.events.some((known) => known.seq === event.seq)) {
			return;
		}
		this.events.push(event);
		const ready = this.waiting.filter((each) => each.matches(event));
		this.waiting = this.waiting.filter((each) => !ready.includes(each));
		for (const each of ready) {
			each.resolve(event);
		}
	}
}

/** A copy of a file of the tests' fixtures. */
export async function copyFixture(name: string, to: string): Promise<void> {
	await cp(path.join(repository, "test/daemon/fixtures", name), to);
}

export async function itemsOf(session: Session): Promise<Item[]> {
	const transcript = await session.transcript();
	return transcript.items(0, transcript.rows.length);
}

/** Items in a word each, to compare. */
export function words(items: readonly Item[]): string[] {
	return items.map(({ content }) => {
		switch (content.type) {
			case "commandExecution":
				return `$ ${content.command} = ${content.exitCode ?? content.status}`;
			case "fileChange":
				return `files ${Array.isArray(content.changes) ? content.changes.map((each) => each.path) : ""}`;
			default:
				return `${content.type}: ${"text" in content ? content.text : ""}`;
		}
	});
}
