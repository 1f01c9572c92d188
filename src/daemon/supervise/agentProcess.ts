import { createHash } from "node:crypto";
import { errorSentence, HumanError, systemErrorCode } from "../../base/errors.ts";
import type { AgentSpec } from "../../protocol/daemon.ts";
import { type AgentConnection, type AgentListener, isSilence } from "../drivers/driver.ts";
import { driverOf, openRecording } from "../drivers/drivers.ts";
import { ProtocolRecorder } from "../drivers/recorded/recorder.ts";
import { redactor } from "../drivers/recorded/redact.ts";
import type { StateStore } from "../state/stateStore.ts";
import type { AgentProgram } from "./agentProgram.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";
import { Child, type ChildExit, type ChildOptions } from "./childProcess.ts";
import type { LineChannel } from "./lineChannel.ts";
import type { ProcessTable } from "./processTable.ts";

export interface AgentSupport {
	readonly state: StateStore;
	readonly processes: ProcessTable;
	/** First part of the mark of every child of this daemon. */
	readonly mark: string;
	/** Where agents are started: the workspace folder. */
	readonly folder: string;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly version: string;
	/** How long an agent may take for what needs no thinking, ms. */
	readonly patience: number;
	readonly backoff: BackoffOptions;
	/** After how long without a run an agent is ended, ms. */
	readonly childIdle: number;
	readonly childPatience?: ChildOptions["patience"];
	readonly listener: AgentListener;
	/** The state of a child has changed. */
	readonly onChange: () => void;
}

/** How an agent stands, for the daemon's state. */
export type AgentHealth =
	| { readonly kind: "well" }
	| { readonly kind: "restarting"; readonly reason: string }
	| { readonly kind: "failed"; readonly reason: string; readonly stderr: readonly string[] };

type ChildPatch = Parameters<StateStore["updateChild"]>[1];

interface Running {
	readonly child: AgentProgram;
	readonly connection: AgentConnection;
}

/** Id of the child that runs a specification: the same one for the same program, arguments and environment. */
export function childIdOf(spec: AgentSpec): string {
	const { agent, driver, command, args, env } = spec;
	const whole = JSON.stringify([agent, driver, command, args, Object.entries(env ?? {}).sort()]);
	return createHash("sha256").update(whole).digest("hex").slice(0, 12);
}

/**
 * One agent of the daemon's, kept running while it is needed.
 * Guarantees: at most one process of it at a time; what will be started is on disk before it is; a process that ends by
 * itself is reported and started again after a growing wait, and given up on with a reason after some tries; who asks
 * for a connection waits through the restarts; after {@link close} there is no process and none is started any more.
 */
export class AgentProcess {
	readonly id: string;
	readonly spec: AgentSpec;
	health: AgentHealth = { kind: "well" };
	private readonly support: AgentSupport;
	private readonly backoff: Backoff;
	private current: Promise<Running> | undefined;
	private child: AgentProgram | undefined;
	private isRecorded = false;
	private recordTo: string | undefined;
	private recorder: ProtocolRecorder | undefined;
	private restartTimer: NodeJS.Timeout | undefined;
	private wake: (() => void) | undefined;
	private ended = false;
	private closed = false;
	private users = 0;
	private idleTimer: NodeJS.Timeout | undefined;
	private ending: Promise<void> | undefined;
	private exitHandled: Promise<void> | undefined;

	constructor(spec: AgentSpec, support: AgentSupport) {
		this.id = childIdOf(spec);
		this.spec = spec;
		this.support = support;
		this.backoff = new Backoff(support.backoff);
	}

	/** The agent, started when it does not run. Rejects with a HumanError (`agent-failed`, `agent-not-found`). */
	async connect(): Promise<AgentConnection> {
		await this.ending;
		if (this.closed) {
			throw new HumanError("agent-failed", `${this.spec.agent} was stopped.`);
		}
		this.ended = false;
		if (this.health.kind === "failed") {
			// Somebody asks again: that is worth another try.
			this.backoff.reset();
		}
		this.current ??= this.startUntilItRuns();
		return (await this.current).connection;
	}

	/** A run has gone well: earlier crashes no longer count. */
	didWork(): void {
		this.backoff.reset();
	}

	/**
	 * A run needs it until {@link release}. An agent that nobody needs is ended after a while: it may hold locks. Throws a
	 * HumanError (`busy`) while it is recorded: what others say to it is not meant for that file.
	 */
	hold(): void {
		if (this.isRecorded) {
			throw new HumanError(
				"busy",
				`A turn of ${this.spec.agent} is being recorded. Wait until it is over, so that nothing else gets into the recording.`,
			);
		}
		this.users++;
		clearTimeout(this.idleTimer);
	}

	/** Whether more than one run needs it. */
	get isShared(): boolean {
		return this.users > 1;
	}

	release(): void {
		this.users--;
		if (this.users === 0 && !this.ended) {
			this.idleTimer = setTimeout(() => void this.end(), this.support.childIdle);
			this.idleTimer.unref();
		}
	}

	/**
	 * Like {@link hold}, for one run alone: what goes to and from it is written into a new file, from its start on, until
	 * {@link stopRecording}; for that it is started anew. Throws a HumanError (`busy`) while a run needs it.
	 */
	async record(file: string): Promise<void> {
		if (this.users > 0) {
			throw new HumanError(
				"busy",
				`To record it, ${this.spec.agent} must be started anew, but another turn of it runs. Wait for that or stop it.`,
			);
		}
		this.hold();
		this.isRecorded = true;
		await this.end();
		this.recordTo = file;
	}

	/** Ends the recording. Resolves when it is whole. */
	async stopRecording(): Promise<void> {
		const { recorder } = this;
		this.isRecorded = false;
		this.recordTo = undefined;
		this.recorder = undefined;
		await recorder?.close();
	}

	pause(): void {
		this.child?.pause();
	}
	resume(): void {
		this.child?.resume();
	}

	/** Ends the process at once, for it does not do what it is asked for; it is started again. */
	async kill(): Promise<void> {
		await this.child?.kill();
	}

	/** Ends the process and starts none any more. */
	close(): Promise<void> {
		this.closed = true;
		return this.end();
	}

	/** Ends the process: end of its input, then signals. It is started again when somebody asks for it. */
	end(): Promise<void> {
		this.ended = true;
		clearTimeout(this.idleTimer);
		this.wake?.();
		this.ending ??= this.endNow().finally(() => {
			this.ending = undefined;
		});
		return this.ending;
	}

	private async endNow(): Promise<void> {
		do {
			const { child } = this;
			if (child) {
				await this.update({ status: "stopping" });
				await child.end();
			}
			// A start that was under way may bring one more.
			await this.current?.catch(() => undefined);
			await this.exitHandled;
		} while (this.child);
	}

	private async startUntilItRuns(): Promise<Running> {
		for (;;) {
			try {
				const running = await this.start();
				this.setHealth({ kind: "well" });
				return running;
			} catch (error) {
				await this.afterFailure(error);
			}
		}
	}

	/** Waits before the next try, or throws when there is none. */
	private async afterFailure(error: unknown): Promise<void> {
		const reason = errorSentence(error);
		const code = systemErrorCode(error);
		const notThere = code === "ENOENT" || code === "EACCES";
		const wait = notThere || this.ended ? undefined : this.backoff.next();
		if (wait === undefined) {
			this.current = undefined;
			throw await this.giveUp(reason, notThere);
		}
		await this.waitToRestart(reason, wait);
	}

	private async waitToRestart(reason: string, wait: number): Promise<void> {
		await this.update({ status: "restarting", lastError: reason, restarts: this.backoff.attempts });
		await this.event(
			"warning",
			"child.restarting",
			`${this.spec.agent} is started again. ${reason}`,
		);
		this.setHealth({ kind: "restarting", reason });
		await new Promise<void>((resolve) => {
			this.wake = resolve;
			this.restartTimer = setTimeout(resolve, wait);
		});
		clearTimeout(this.restartTimer);
		this.wake = undefined;
	}

	private async giveUp(reason: string, notThere: boolean): Promise<HumanError> {
		const { agent, command } = this.spec;
		if (this.ended) {
			await this.update({ status: "exited" });
			return new HumanError("agent-failed", `${agent} was stopped.`);
		}
		const sentence = notThere
			? `${agent} could not be started: the program ${command} was not found, or may not be run. Check its path in the settings.`
			: `${agent} could not be kept running and was given up on. ${reason}`;
		await this.update({ status: "failed", lastError: sentence });
		await this.event("error", "child.gaveUp", sentence);
		this.setHealth({ kind: "failed", reason: sentence, stderr: this.child?.lastStderr ?? [] });
		return new HumanError(notThere ? "agent-not-found" : "agent-failed", sentence);
	}

	private async start(): Promise<Running> {
		const { state, folder, version, patience } = this.support;
		const { agent, command, args } = this.spec;
		await state.configureChild({
			id: this.id,
			agent,
			strategy: this.spec.driver === "recorded" ? "external" : "spawn",
			mode: "stdio",
			endpoint: null,
			command,
			args,
			cwd: folder,
		});
		// On disk before the process exists: a daemon that is killed in between leaves one that its mark finds.
		await this.updateForSure({ status: "starting", pid: null, processStart: null });
		if (this.ended) {
			throw new HumanError("agent-failed", `${agent} was stopped.`);
		}
		const child = await this.launch();
		this.child = child;
		if (this.ended) {
			await this.exited(child, await child.kill());
			throw new HumanError("agent-failed", `${agent} was stopped.`);
		}
		const connection = (await driverOf(this.spec))({
			channel: this.recorded(child),
			listener: this.support.listener,
			version,
			patience,
		});
		try {
			const identity = await child.identity();
			await this.updateForSure({
				status: "running",
				pid: child.pid,
				processStart: identity?.start ?? null,
				startedAt: new Date().toISOString(),
				exitedAt: null,
				exitCode: null,
				signal: null,
			});
			await connection.initialize();
		} catch (error) {
			const exit = await child.kill();
			await this.exited(child, exit);
			throw isSilence(error) ? error : new HumanError("agent-gone", exit.reason, { cause: error });
		}
		await this.event("info", "child.started", `${agent} runs (process ${child.pid}).`, {
			pid: child.pid,
		});
		void child.exited.then((exit) => this.afterExit(child, exit));
		return { child, connection };
	}

	private launch(): Promise<AgentProgram> {
		const { mark, folder, environment, processes, childPatience } = this.support;
		const { driver, command, args, env = {} } = this.spec;
		if (driver === "recorded") {
			return openRecording(command, args);
		}
		return Child.start(
			{ mark: `${mark}.${this.id}`, command, args, cwd: folder, env },
			{
				environment,
				processes,
				onOutput: (stream, text) => this.output(stream, text),
				...(childPatience ? { patience: childPatience } : {}),
			},
		);
	}

	private recorded(program: AgentProgram): LineChannel {
		const { agent, driver, env } = this.spec;
		if (this.recordTo === undefined || driver === "recorded") {
			return program;
		}
		const redact = redactor({ ...this.support.environment, ...env });
		this.recorder = new ProtocolRecorder(this.recordTo, { agent, driver }, redact);
		this.recordTo = undefined;
		return this.recorder.tap(program);
	}

	/** A process that had run has ended: from this moment on nobody gets its connection. */
	private afterExit(child: AgentProgram, exit: ChildExit): void {
		const handled = this.exited(child, exit);
		this.exitHandled = handled.catch(() => undefined);
		this.current = undefined;
		// One that ends in peace while nobody needs it is started when somebody does.
		if (!this.ended && (exit.code !== 0 || this.users > 0)) {
			this.current = handled.then(() => this.restart(exit));
			// Nobody may be waiting; who asks gets the same outcome.
			this.current.catch(() => undefined);
		}
	}

	private async restart(exit: ChildExit): Promise<Running> {
		await this.afterFailure(new HumanError("agent-gone", exit.reason));
		return this.startUntilItRuns();
	}

	private async exited(child: AgentProgram, exit: ChildExit): Promise<void> {
		if (this.child === child) {
			this.child = undefined;
		}
		await this.update({
			status: "exited",
			pid: null,
			processStart: null,
			exitedAt: new Date().toISOString(),
			exitCode: exit.code,
			signal: exit.signal,
			...(this.ended ? {} : { lastError: exit.reason }),
		});
		const level = this.ended ? "info" : "warning";
		await this.event(level, "child.exited", `${this.spec.agent}: ${exit.reason}`, {
			exitCode: exit.code,
			signal: exit.signal,
		});
	}

	private output(stream: "stdout" | "stderr", text: string): void {
		// A log that cannot be written must not stop an agent.
		this.support.state.appendChildOutput(stream, text).catch(() => undefined);
	}

	private setHealth(health: AgentHealth): void {
		this.health = health;
		this.support.onChange();
	}

	/** What the next daemon must know: without it on disk no process is started or kept. */
	private async updateForSure(patch: ChildPatch): Promise<void> {
		await this.support.state.updateChild(this.id, patch);
		this.support.onChange();
	}

	/** A disk that takes no more must not keep a process from being ended. */
	private update(patch: ChildPatch): Promise<void> {
		return this.updateForSure(patch).catch(() => this.support.onChange());
	}

	private async event(
		level: "info" | "warning" | "error",
		type: "child.started" | "child.exited" | "child.restarting" | "child.gaveUp",
		message: string,
		detail: Record<string, unknown> = {},
	): Promise<void> {
		const { recordEvent } = this.support.state;
		const event = { level, type, message, detail: { child: this.id, ...detail } };
		await recordEvent.call(this.support.state, event);
	}
}
