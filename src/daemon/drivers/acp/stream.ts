import type { AnyMessage, Stream } from "@agentclientprotocol/sdk";
import { parseJson } from "../../runtime/jsonFile.ts";
import type { LineChannel } from "../../supervise/lineChannel.ts";

/** A channel as the stream of messages that the protocol's SDK reads and writes; what is no message is reported. */
export function messageStream(channel: LineChannel, onClosed: (reason: string) => void): Stream {
	const readable = new ReadableStream<AnyMessage>({
		start(controller) {
			let open = true;
			channel.onLine((line) => {
				const value = parseJson(line);
				if (typeof value !== "object" || value === null || Array.isArray(value)) {
					channel.reportGarbage(line);
				} else if (open) {
					controller.enqueue({ jsonrpc: "2.0", ...value } as AnyMessage);
				}
			});
			channel.onClose((reason) => {
				open = false;
				onClosed(reason);
				controller.close();
			});
		},
	});
	const writable = new WritableStream<AnyMessage>({
		write(message) {
			channel.send(JSON.stringify(message));
		},
	});
	return { readable, writable };
}
