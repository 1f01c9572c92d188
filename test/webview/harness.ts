import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { type FromTranscript, pageSize, type ToTranscript } from "../../src/protocol/webview.ts";
import type { Fixture } from "./fixtures.ts";

export const themes = ["dark", "light", "hcDark", "hcLight"] as const;
export type Theme = (typeof themes)[number];

/** What VS Code puts on the body of a web view. */
const bodyOf: Record<Theme, { kind: string; classes: string }> = {
	dark: { kind: "vscode-dark", classes: "vscode-dark" },
	light: { kind: "vscode-light", classes: "vscode-light" },
	hcDark: { kind: "vscode-high-contrast", classes: "vscode-high-contrast" },
	hcLight: {
		kind: "vscode-high-contrast-light",
		classes: "vscode-high-contrast-light vscode-high-contrast",
	},
};

const origin = "https://webview.test";
const nonce = "harness";
/** The policy of the real page, word for word (src/host/transcript). */
export const policy = [
	"default-src 'none'",
	`script-src 'nonce-${nonce}'`,
	`style-src ${origin}`,
	`font-src ${origin}`,
	"img-src blob:",
].join("; ");

/** VS Code's own style sheet for web views, shortened to what can change a layout or a colour. */
const defaultStyles = `@layer vscode-default {
body { background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
font-weight: var(--vscode-font-weight); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
img, video { max-width: 100%; max-height: 100%; }
a, a code { color: var(--vscode-textLink-foreground); }
a:focus, input:focus, select:focus, textarea:focus { outline: 1px solid -webkit-focus-ring-color; outline-offset: -1px; }
code { font-family: monospace; color: var(--vscode-textPreformat-foreground);
background-color: var(--vscode-textPreformat-background); padding: 1px 3px; border-radius: 4px; }
pre code { padding: 0; }
blockquote { background: var(--vscode-textBlockQuote-background); border-color: var(--vscode-textBlockQuote-border); }
}`;

async function document(theme: Theme): Promise<string> {
	const file = new URL(`./themes/${theme}.json`, import.meta.url);
	const variables = JSON.parse(await readFile(file, "utf8")) as Record<string, string>;
	const values = Object.entries(variables)
		.map(([name, value]) => `${name}: ${value};`)
		.join("\n");
	// VS Code's own sheets stand before the page's policy, as they do in a real web view.
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><style>:root{${values}}${defaultStyles}</style>
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${origin}/transcript.css"><title>Transcript</title></head>
<body class="${bodyOf[theme].classes}" data-vscode-theme-kind="${bodyOf[theme].kind}">
<script type="module" nonce="${nonce}" src="${origin}/transcript.js"></script></body></html>`;
}

/** What the page under test may call; everything it says is recorded. */
const fakeApi = `
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
	window.violations.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample));
let acquired = false;
window.acquireVsCodeApi = () => {
	if (acquired) { throw new Error("acquired twice"); }
	acquired = true;
	return {
		postMessage: (message) => window.hostReceives(message),
		getState: () => JSON.parse(sessionStorage.getItem("state") ?? "null") ?? undefined,
		setState: (state) => { sessionStorage.setItem("state", JSON.stringify(state)); },
	};
};`;

let built: Promise<string> | undefined;

async function build(): Promise<string> {
	const outdir = await mkdtemp(join(tmpdir(), "skein-page-"));
	await esbuild.build({
		entryPoints: {
			transcript: fileURLToPath(new URL("../../src/webview/transcript/main.ts", import.meta.url)),
		},
		outdir,
		bundle: true,
		minify: true,
		format: "esm",
		target: "chrome142",
		loader: { ".ttf": "file" },
		assetNames: "[name]",
		legalComments: "none",
		logLevel: "warning",
	});
	return outdir;
}

let browser: Promise<Browser> | undefined;

/** Closes the browser and removes the built page: once, after the last test. */
export async function closeHarness(): Promise<void> {
	await (await browser)?.close();
	browser = undefined;
	if (built) {
		await rm(await built, { recursive: true, force: true });
	}
	built = undefined;
}

interface OpenOptions {
	readonly theme?: Theme;
	readonly width?: number;
	readonly height?: number;
	readonly replay?: boolean;
	readonly reveal?: string;
	/** Ask for an item in the same moment as the page gets its rows. */
	readonly revealAtOnce?: string;
	readonly reducedMotion?: boolean;
	/** Do not answer `ready`. */
	readonly silent?: boolean;
}

/** One page with a fake host behind it. */
export class Harness {
	readonly page: Page;
	/** What the page said, in order. */
	readonly said: FromTranscript[] = [];
	/** Addresses the page asked for beyond its own files. */
	readonly fetched: string[] = [];
	fixture: Fixture;
	/** Whether it answers what the page asks for. */
	answers: boolean;
	private readonly options: OpenOptions;
	private readonly listeners = new Set<() => void>();

	constructor(page: Page, fixture: Fixture, options: OpenOptions) {
		this.page = page;
		this.fixture = fixture;
		this.options = options;
		this.answers = !options.silent;
	}

	static async open(fixture: Fixture, options: OpenOptions = {}): Promise<Harness> {
		built ??= build();
		browser ??= chromium.launch({
			executablePath: process.env["SKEIN_CHROMIUM"] ?? "/usr/bin/chromium",
			args: [
				"--no-sandbox",
				"--disable-gpu",
				"--disable-quic",
				"--no-first-run",
				"--disable-background-networking",
				"--disable-component-update",
				"--disable-sync",
			],
		});
		const dist = await built;
		const context = await (await browser).newContext({
			viewport: { width: options.width ?? 1000, height: options.height ?? 800 },
			timezoneId: "UTC",
			locale: "en-US",
			reducedMotion: options.reducedMotion ? "reduce" : "no-preference",
		});
		const page = await context.newPage();
		const harness = new Harness(page, fixture, options);
		await page.route("**/*", async (route) => {
			const url = route.request().url();
			const name = url === `${origin}/` ? "" : basename(new URL(url).pathname);
			if (name === "") {
				await route.fulfill({
					contentType: "text/html",
					body: await document(options.theme ?? "dark"),
				});
			} else if (url.startsWith(origin) && /^(transcript\.(js|css)|codicon\.ttf)$/.test(name)) {
				await route.fulfill({
					path: join(dist, name),
					headers: { "access-control-allow-origin": "*" },
				});
			} else {
				harness.fetched.push(url);
				await route.abort();
			}
		});
		await page.exposeFunction("hostReceives", (message: FromTranscript) => harness.hear(message));
		await page.addInitScript(fakeApi);
		await page.goto(`${origin}/`);
		return harness;
	}

	async close(): Promise<void> {
		await this.page.context().close();
	}

	/** Sends messages, all in one turn of the page's event loop. */
	async send(...messages: ToTranscript[]): Promise<void> {
		await this.page.evaluate(
			`for (const data of ${JSON.stringify(messages)}) window.dispatchEvent(new MessageEvent("message", { data }))`,
		);
	}

	/** The first message that fits, said already or to come. */
	async heard<T extends FromTranscript["type"]>(
		type: T,
		fits: (message: Extract<FromTranscript, { type: T }>) => boolean = () => true,
		from = 0,
	): Promise<Extract<FromTranscript, { type: T }>> {
		for (;;) {
			const found = this.said
				.slice(from)
				.find(
					(one): one is Extract<FromTranscript, { type: T }> =>
						one.type === type && fits(one as never),
				);
			if (found) {
				return found;
			}
			await new Promise<void>((resolve) => {
				const listener = () => {
					this.listeners.delete(listener);
					resolve();
				};
				this.listeners.add(listener);
			});
		}
	}

	/** The page's scroll position and its furthest, in px. */
	async scrolled(): Promise<{ top: number; end: number }> {
		return this.page.evaluate<{ top: number; end: number }>(
			"({ top: scrollY, end: document.documentElement.scrollHeight - innerHeight })",
		);
	}

	async violations(): Promise<string[]> {
		return this.page.evaluate<string[]>("window.violations");
	}

	/** Waits until an expression is truthy in the page (the policy forbids Playwright's own way, which uses `eval`). */
	async until<T = unknown>(expression: string): Promise<T> {
		for (;;) {
			const value = await this.page.evaluate<T>(expression);
			if (value) {
				return value;
			}
			await this.settled();
		}
	}

	/** A few frames: layout, observers and what they draw have run. */
	async settled(): Promise<void> {
		await this.page.evaluate(
			"(async () => { for (let i = 0; i < 6; i++) await new Promise(requestAnimationFrame); })()",
		);
	}

	load(): Promise<void> {
		const { header, rows } = this.fixture;
		const { revealAtOnce } = this.options;
		const then: ToTranscript[] =
			revealAtOnce === undefined ? [] : [{ type: "reveal", id: revealAtOnce }];
		const load: ToTranscript = {
			type: "load",
			uri: "skein:/skein/fixture",
			header,
			rows,
			isPartial: false,
			pages: [],
			strings: {},
			locale: "en",
			replay: this.options.replay ?? false,
			...(this.options.reveal === undefined ? {} : { reveal: this.options.reveal }),
		};
		return this.send(load, ...then);
	}

	private async hear(message: FromTranscript): Promise<void> {
		this.said.push(message);
		for (const listener of [...this.listeners]) {
			listener();
		}
		if (this.answers) {
			await this.answer(message);
		}
	}

	private async answer(message: FromTranscript): Promise<void> {
		switch (message.type) {
			case "ready":
				await this.load();
				break;
			case "getPage": {
				const from = message.page * pageSize;
				const items = this.fixture.items
					.slice(from, from + pageSize)
					.filter((item) => item !== undefined);
				await this.send({ type: "page", page: message.page, items });
				break;
			}
			case "getText": {
				const text = this.fixture.texts[`${message.item}\n${message.field}`] ?? "";
				await this.send({ type: "text", item: message.item, field: message.field, text });
				break;
			}
			case "getBlob":
				await this.sendBlob(message.hash);
				break;
			default:
		}
	}

	private async sendBlob(hash: string): Promise<void> {
		const blob = this.fixture.blobs[hash];
		if (!blob) {
			await this.send({ type: "blob", hash });
			return;
		}
		await this.page.evaluate(
			`window.dispatchEvent(new MessageEvent("message", { data: { type: "blob", hash: ${JSON.stringify(hash)},
			mime: "${blob.mime}", bytes: Uint8Array.from(atob("${blob.base64}"), (c) => c.charCodeAt(0)) } }))`,
		);
	}
}
