import manifest from "../../package.json" with { type: "json" };
import { errorSentence, HumanError } from "../base/errors.ts";
import type { SessionIndex } from "../core/index/sessionIndex.ts";
import { parseReadInput, parseSearchInput, sessionTools } from "../core/tools/sessionTools.ts";
import { readText, searchText } from "../core/tools/toolTexts.ts";
import type { Cli } from "./cli.ts";
import type { Command } from "./command.ts";
import { withIndex } from "./indexing.ts";

export const mcp: Command = {
	name: "mcp",
	usage: "mcp",
	summary:
		"Serve search_sessions and read_session, read-only, to an agent over stdio (Model Context Protocol)",
	takes: [0, 0],
	async run(cli) {
		// Loaded here only: no other verb needs the protocol.
		const [{ Server }, { StdioServerTransport }] = await Promise.all([
			import("@modelcontextprotocol/server"),
			import("@modelcontextprotocol/server/stdio"),
		]);
		await withIndex(cli, cli.sources, async (index) => {
			const server = new Server(
				{ name: "skein", version: manifest.version },
				{ capabilities: { tools: {} } },
			);
			server.setRequestHandler("tools/list", () => ({
				tools: Object.entries(sessionTools).map(([name, { description, inputSchema }]) => ({
					name,
					description,
					inputSchema: { ...inputSchema, required: [...inputSchema.required] },
					annotations: { readOnlyHint: true, openWorldHint: false },
				})),
			}));
			server.setRequestHandler("tools/call", async ({ params }) => {
				try {
					return answer(await call(cli, index, params.name, params.arguments ?? {}), false);
				} catch (error) {
					return answer(errorSentence(error), true);
				}
			});
			const closed = new Promise<void>((resolve) => {
				server.onclose = resolve;
				process.stdin.once("close", resolve);
				process.stdin.once("end", resolve);
			});
			await server.connect(new StdioServerTransport());
			await closed;
		});
	},
};

async function call(cli: Cli, index: SessionIndex, name: string, input: unknown): Promise<string> {
	switch (name) {
		case "search_sessions": {
			const asked = parseSearchInput(input);
			await index.update();
			const { limit, offset } = asked;
			return searchText(await index.search(asked.query, { limit, offset }), asked);
		}
		case "read_session": {
			const asked = parseReadInput(input);
			return await readText(await cli.transcript(asked.session), asked);
		}
		default:
			throw new HumanError("no-such-tool", `There is no tool ${name}.`);
	}
}

function answer(text: string, isError: boolean) {
	return { content: [{ type: "text" as const, text }], isError };
}
