import { createHash, timingSafeEqual } from "node:crypto";
import { chmod, unlink } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import {
	createMessageConnection,
	ErrorCodes,
	type MessageConnection,
	ResponseError,
} from "vscode-jsonrpc/node";
import { errorSentence, HumanError, systemErrorCode } from "../../base/errors.ts";
import {
	type DaemonErrorData,
	type DaemonMethod,
	type DaemonNotice,
	type DaemonNotification,
	daemonErrorCode,
	daemonProtocol,
	daemonRequests,
	helloLimit,
	messageLimit,
} from "../../protocol/daemon.ts";
import { LineReader, LineWriter, type TransportFault } from "./transport.ts";

/** Connections at a time. */
const clientLimit = 64;
/** Requests of one client that are being answered at a time; more are refused. */
const requestLimit = 64;
/** Above this much unread text a client gets no more streaming text until it asks again. Bytes. */
const deltaBacklog = 4 * 1024 * 1024;
/** Above this much it is let go. Bytes. */
const writeBacklog = 64 * 1024 * 1024;

/** One window or command that has said hello. */
export interface Client {
	readonly name: string;
	/** Sessions whose streaming text it wants. */
	readonly follows: Set<string>;
	subscribed: boolean;
}

export interface ServerHost {
	readonly token: string;
	readonly version: string;
	/** A client that has not said hello by then is let go. ms. */
	readonly helloPatience: number;
	/** Answers a request; `params` are as its schema says. Throws a HumanError for what the client shall be told. */
	handle(method: DaemonMethod, params: unknown, client: Client): Promise<unknown>;
	/** A newer client has come. True when the daemon ends itself for it. */
	giveWay(): boolean;
	/** Clients have come or gone. */
	onClients(): void;
	/** An error that is nobody's fault but ours. */
	onBug(error: unknown): void;
}

/**
 * Listens for clients.
 * Guarantees: before `hello` with the right token a peer gets nothing but a refusal, may send little and must be quick;
 * a message that is too long is refused with a reason; a client with too many requests gets errors instead of a queue;
 * one that does not read costs a bounded amount of memory.
 */
export class RpcServer {
	private readonly host: ServerHost;
	private readonly server: Server;
	private readonly peers = new Set<Peer>();

	constructor(host: ServerHost) {
		this.host = host;
		this.server = createServer((socket) => this.accept(socket));
	}

	/** Binds the endpoint; only for the holder of the lock, for it removes the socket that an earlier daemon left. */
	async listen(endpoint: string): Promise<void> {
		const isFile = process.platform !== "win32";
		if (isFile) {
			await unlink(endpoint).catch((error) => {
				if (systemErrorCode(error) !== "ENOENT") {
					throw error;
				}
			});
		}
		await new Promise<void>((resolve, reject) => {
			this.server.once("error", reject);
			this.server.listen(endpoint, () => resolve());
		});
		if (isFile) {
			await chmod(endpoint, 0o600);
		}
	}

	/** Those that have said hello. */
	get clients(): Client[] {
		return [...this.peers].flatMap(({ client }) => (client ? [client] : []));
	}

	/** Tells every client that `wants` it. */
	notify<N extends DaemonNotification>(
		name: N,
		notice: DaemonNotice<N>,
		wants: (client: Client) => boolean,
	): void {
		for (const peer of this.peers) {
			if (peer.client && wants(peer.client)) {
				peer.notify(name, notice);
			}
		}
	}

	/** Lets all clients go and stops listening. */
	async close(): Promise<void> {
		const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
		for (const peer of this.peers) {
			peer.end();
		}
		await closed;
	}

	private accept(socket: Socket): void {
		if (this.peers.size >= clientLimit) {
			socket.destroy();
			return;
		}
		const peer = new Peer(socket, this.host);
		this.peers.add(peer);
		socket.once("close", () => {
			this.peers.delete(peer);
			this.host.onClients();
		});
	}
}

class Peer {
	client: Client | undefined;
	private readonly host: ServerHost;
	private readonly socket: Socket;
	private readonly reader: LineReader;
	private readonly writer: LineWriter;
	private readonly connection: MessageConnection;
	private readonly helloTimer: NodeJS.Timeout;
	private requests = 0;

	constructor(socket: Socket, host: ServerHost) {
		this.socket = socket;
		this.host = host;
		socket.on("error", () => socket.destroy());
		this.reader = new LineReader(socket, helloLimit, (fault) => this.refuse(fault));
		this.writer = new LineWriter(socket, writeBacklog);
		this.connection = createMessageConnection(this.reader, this.writer);
		this.connection.onRequest((method, params) => this.answer(method, params));
		this.connection.listen();
		this.helloTimer = setTimeout(() => socket.destroy(), host.helloPatience);
		socket.once("close", () => {
			clearTimeout(this.helloTimer);
			this.connection.dispose();
		});
	}

	notify(name: DaemonNotification, notice: unknown): void {
		if (name !== "delta" || this.writer.backlog < deltaBacklog) {
			// A client that is gone is noticed by its socket.
			this.connection.sendNotification(name, notice).catch(() => undefined);
		}
	}

	end(): void {
		this.socket.end();
		// One that does not close its side is not waited for.
		setTimeout(() => this.socket.destroy(), 200).unref();
	}

	/** The reason is the last thing the peer gets. */
	private refuse(fault: TransportFault): void {
		const message =
			fault.kind === "oversize"
				? `A message may have ${fault.limit} bytes at most. Nothing was done.`
				: "This is no message of the daemon's protocol. Nothing was done.";
		const data: DaemonErrorData = { reason: fault.kind };
		const error = { code: daemonErrorCode, message, data };
		this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: null, error })}\n`);
		this.end();
	}

	private async answer(method: string, params: unknown): Promise<unknown> {
		if (!isMethod(method)) {
			throw new ResponseError(ErrorCodes.MethodNotFound, `There is no request "${method}".`);
		}
		if (!this.client && method !== "hello") {
			this.writer.endAfterNext();
			throw failure("hello-first", "The first message must be hello.");
		}
		const parsed = daemonRequests[method].params.safeParse(params);
		if (!parsed.success) {
			const issue = parsed.error.issues[0];
			const place = issue?.path.join(".") ?? "";
			throw new ResponseError(ErrorCodes.InvalidParams, `${method}: ${place} ${issue?.message}`);
		}
		if (method === "hello") {
			return this.hello(daemonRequests.hello.params.parse(params));
		}
		return this.serve(method, parsed.data);
	}

	private async serve(method: DaemonMethod, params: unknown): Promise<unknown> {
		if (this.requests >= requestLimit || !this.client) {
			throw failure("overloaded", "Too many requests at a time. Nothing was done; try again.");
		}
		this.requests++;
		try {
			return await this.host.handle(method, params, this.client);
		} catch (error) {
			if (error instanceof HumanError) {
				throw failure(error.reason, error.message);
			}
			this.host.onBug(error);
			throw new ResponseError(ErrorCodes.InternalError, errorSentence(error));
		} finally {
			this.requests--;
		}
	}

	private hello({ protocol, token, client }: HelloParams): unknown {
		clearTimeout(this.helloTimer);
		if (!sameToken(token, this.host.token)) {
			this.writer.endAfterNext();
			throw failure("bad-token", "The token is wrong. Nothing was done.");
		}
		if (protocol !== daemonProtocol) {
			const stopping = protocol > daemonProtocol && this.host.giveWay();
			this.writer.endAfterNext();
			const message =
				protocol < daemonProtocol
					? "The daemon is newer than this window. Reload the window to use it."
					: stopping
						? "The daemon was older than this window and ends itself now."
						: "The daemon is older than this window and still works. It is replaced when it is idle; stop it to replace it now.";
			throw failure("protocol", message, { protocol: daemonProtocol, stopping });
		}
		this.client = { name: client, follows: new Set(), subscribed: false };
		this.reader.setLimit(messageLimit);
		this.host.onClients();
		return { protocol: daemonProtocol, version: this.host.version, pid: process.pid };
	}
}

type HelloParams = { protocol: number; token: string; client: string };

function isMethod(method: string): method is DaemonMethod {
	return Object.hasOwn(daemonRequests, method);
}

function failure(
	reason: string,
	message: string,
	more: Omit<DaemonErrorData, "reason"> = {},
): ResponseError<DaemonErrorData> {
	return new ResponseError(daemonErrorCode, message, { reason, ...more });
}

/** Compares in constant time. */
function sameToken(a: string, b: string): boolean {
	const hash = (text: string) => createHash("sha256").update(text).digest();
	return timingSafeEqual(hash(a), hash(b));
}
