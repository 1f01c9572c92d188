// Builds dist/: the extension host bundle, the catalogue worker, the CLI and the transcript page.
// Options: --watch (rebuild on change), --production (minified, no source maps).
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import * as esbuild from "esbuild";

const watch = process.argv.includes("--watch");
const production = process.argv.includes("--production");

/** What bundled CommonJS packages expect to find inside an ES module. */
const requireBanner =
	'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/** @type {esbuild.BuildOptions} */
const common = {
	bundle: true,
	minify: production,
	sourcemap: !production,
	sourcesContent: false,
	legalComments: "none",
	logLevel: "info",
	outdir: "dist",
};

/** @type {esbuild.BuildOptions} */
const node = { ...common, platform: "node", target: "node22.16" };

/** @type {esbuild.BuildOptions[]} */
const builds = [
	{
		...node,
		entryPoints: { extension: "src/extension.ts" },
		format: "cjs",
		outExtension: { ".js": ".cjs" },
		external: ["vscode"],
	},
	{
		...node,
		entryPoints: { catalogueWorker: "src/core/catalogue/worker.ts" },
		format: "esm",
		banner: { js: requireBanner },
	},
	{
		...node,
		entryPoints: { cliMain: "src/cli/main.ts" },
		format: "esm",
		// What only one verb needs is a file of its own, read when that verb runs.
		splitting: true,
		chunkNames: "cli-[hash]",
		banner: { js: requireBanner },
	},
	{
		...node,
		entryPoints: { daemon: "src/daemon/main.ts" },
		format: "esm",
		banner: { js: requireBanner },
	},
	{
		...common,
		entryPoints: { "webview/transcript": "src/webview/transcript/main.ts" },
		platform: "browser",
		target: "chrome142",
		format: "esm",
		loader: { ".ttf": "file" },
		assetNames: "webview/[name]",
	},
];

/** The command's first file: plain enough for any Node, so that an old one gets a sentence instead of a syntax error. */
const launcher = `#!/usr/bin/env node
var version = process.versions.node.split(".").map(Number);
if (version[0] > 22 || (version[0] === 22 && version[1] >= 16)) {
	import("./cliMain.js");
} else {
	console.error("skein needs Node.js 22.16 or newer; this is " + process.version + ". Nothing was done.");
	process.exitCode = 1;
}
`;

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
await mkdir("out", { recursive: true });
await writeFile("dist/cli.js", launcher);
await chmod("dist/cli.js", 0o755);
if (watch) {
	for (const options of builds) {
		const context = await esbuild.context(options);
		await context.watch();
	}
} else {
	const results = await Promise.allSettled(builds.map((options) => esbuild.build(options)));
	if (results.some((result) => result.status === "rejected")) {
		process.exitCode = 1;
	}
}
