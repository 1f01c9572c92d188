import { connect, type Socket } from "node:net";
import {
	createMessageConnection,
	type MessageConnection,
	ResponseError,
} from "vscode-jsonrpc/node";
import { HumanError } from "../../base/errors.ts";
import { Emitter, type Event } from "../../base/event.ts";
import {
	DaemonErrorData,
	type DaemonFile,
	type DaemonMethod,
	type DaemonNotice,
	type DaemonNotification,
	type DaemonParams,
	type DaemonResult,
	daemonNotifications,
	daemonProtocol,
	daemonRequests,
	messageLimit,
} from "../../protocol/daemon.ts";
import { LineReader, LineWriter } from "../rpc/transport.ts";

/** What a client holds back for a daemon that does not read. Bytes. */
const writeBacklog = 64 * 1024 * 1024;
/** A daemon that does not answer hello for so long hangs. ms. */
const helloPatience = 10_000;

/** An error that the daemon answered with; `data` has what its reason needs. */
export class DaemonError extends HumanError {
	readonly data: DaemonErrorData;

	constructor(message: string, data: DaemonErrorData) {
		super(data.reason, message);
		this.data = data;
	}
}

/** A connection to a running daemon that has accepted it. What comes over it is checked. */
export class DaemonClient {
	/** Fires once, when the connection has ended, whoever ended it. */
	readonly onClose: Event<void>;
	/** Process id of the daemon. */
	readonly pid: number;
	readonly version: string;
	private readonly socket: Socket;
	private readonly connection: MessageConnection;
	private readonly closeEmitter = new Emitter<void>();
	private readonly emitters: { [N in DaemonNotification]: Emitter<DaemonNotice<N>> } = {
		event: new Emitter(),
		delta: new Emitter(),
		grown: new Emitter(),
	};

	private constructor(
		socket: Socket,
		connection: MessageConnection,
		daemon: DaemonResult<"hello">,
	) {
		this.socket = socket;
		this.connection = connection;
		this.pid = daemon.pid;
		this.version = daemon.version;
		this.onClose = this.closeEmitter.event;
		socket.once("close", () => this.closeEmitter.fire());
		connection.onNotification((method, params) => this.notified(method, params));
	}

	/**
	 * Connects and says hello. Rejects with the system's error when nobody listens, with a {@link DaemonError}: `bad-token`,
	 * `protocol`; and with a HumanError (`not-answering`) when that takes too long.
	 */
	static async connect(
		{ endpoint, token, pid }: Pick<DaemonFile, "endpoint" | "token" | "pid">,
		client: string,
	): Promise<DaemonClient> {
		const socket = connect(endpoint);
		let silence: HumanError | undefined;
		const timer = setTimeout(() => {
			silence = notAnswering(pid);
			socket.destroy(silence);
		}, helloPatience);
		try {
			await new Promise<void>((resolve, reject) => {
				socket.once("connect", resolve);
				socket.once("error", reject);
			});
			// From now on its close tells.
			socket.on("error", () => socket.destroy());
			const reader = new LineReader(socket, messageLimit * 4, () => socket.destroy());
			const connection = createMessageConnection(reader, new LineWriter(socket, writeBacklog));
			connection.listen();
			// A closed connection leaves its callers waiting; a disposed one tells them.
			socket.once("close", () => connection.dispose());
			const hello = { protocol: daemonProtocol, token, client };
			const daemon = await request(connection, "hello", hello);
			return new DaemonClient(socket, connection, daemon);
		} catch (error) {
			socket.destroy();
			throw silence ?? error;
		} finally {
			clearTimeout(timer);
		}
	}

	/** Rejects with a {@link DaemonError}, or a HumanError (`daemon-gone`) when the connection has ended. */
	call<M extends DaemonMethod>(method: M, params: DaemonParams<M>): Promise<DaemonResult<M>> {
		return request(this.connection, method, params);
	}

	on<N extends DaemonNotification>(name: N): Event<DaemonNotice<N>> {
		return this.emitters[name].event;
	}

	dispose(): void {
		this.socket.destroy();
	}

	private notified(method: string, params: unknown): void {
		switch (method) {
			case "event":
				this.fire("event", params);
				return;
			case "delta":
				this.fire("delta", params);
				return;
			case "grown":
				this.fire("grown", params);
		}
	}

	private fire<N extends DaemonNotification>(name: N, params: unknown): void {
		const parsed = daemonNotifications[name].safeParse(params);
		if (parsed.success) {
			this.emitters[name].fire(parsed.data as DaemonNotice<N>);
		}
	}
}

/** It runs, but hangs, or is stopped. */
export function notAnswering(pid: number | undefined): HumanError {
	const which = pid === undefined ? "" : ` (process ${pid})`;
	return new HumanError(
		"not-answering",
		`Skein's daemon${which} runs but does not answer. End that process and try again.`,
	);
}

async function request<M extends DaemonMethod>(
	connection: MessageConnection,
	method: M,
	params: DaemonParams<M>,
): Promise<DaemonResult<M>> {
	let result: unknown;
	try {
		result = await connection.sendRequest(method, params);
	} catch (error) {
		if (!(error instanceof ResponseError)) {
			throw new HumanError("daemon-gone", "The daemon is not there any more.", { cause: error });
		}
		const data = DaemonErrorData.safeParse(error.data);
		throw data.success ? new DaemonError(error.message, data.data) : gone(error);
	}
	return daemonRequests[method].result.parse(result) as DaemonResult<M>;
}

/** The library's own errors are about the connection; others are the daemon's bugs. */
function gone(error: ResponseError<unknown>): Error {
	const isConnection = error.code <= -32090 && error.code >= -32099;
	return isConnection
		? new HumanError("daemon-gone", "The daemon is not there any more.", { cause: error })
		: error;
}
