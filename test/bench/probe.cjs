// Stands in front of the extension in benchmarks: measures how long it takes to load and to activate, and answers for the
// extension host's memory. A question is a file `ask` in the folder SKEIN_PROBE, the answer a file `answer`.
const fs = require("node:fs");
const path = require("node:path");
const v8 = require("node:v8");
const vm = require("node:vm");
const vscode = require("vscode");

const folder = process.env.SKEIN_PROBE;
v8.setFlagsFromString("--expose-gc");
const gc = vm.runInNewContext("gc");

function memory() {
	gc();
	gc();
	const { heapUsed, external, rss } = process.memoryUsage();
	return { heap: heapUsed + external, rss };
}

function tell(name, value) {
	const file = path.join(folder, name);
	fs.writeFileSync(`${file}.tmp`, JSON.stringify(value));
	fs.renameSync(`${file}.tmp`, file);
}

/** Undefined when another window's extension host has taken it. */
function read(file) {
	try {
		return JSON.parse(fs.readFileSync(file, "utf8"));
	} catch {
		return undefined;
	}
}

async function answer({ command, args = [] }) {
	const began = performance.timeOrigin + performance.now();
	if (command !== undefined) {
		await vscode.commands.executeCommand(command, ...args);
	}
	return { began, ...(command === undefined ? memory() : {}) };
}

// Without the extension beside it, it is the empty one that others are compared with.
const isEmpty = !fs.existsSync(path.join(__dirname, "dist"));
const started = performance.now();
const extension = isEmpty ? { activate: () => undefined } : require("./dist/extension.cjs");
const loaded = performance.now();

exports.activate = (context) => {
	const began = performance.now();
	const api = extension.activate(context);
	const activated = performance.now();
	tell("activated", {
		pid: process.pid,
		load: loaded - started,
		activate: activated - began,
	});
	const timer = setInterval(async () => {
		const file = path.join(folder, "ask");
		if (fs.existsSync(file)) {
			const question = read(file);
			if (question?.pid !== process.pid) {
				return;
			}
			fs.rmSync(file);
			tell("answer", await answer(question).catch((error) => ({ error: String(error) })));
		}
	}, 20);
	context.subscriptions.push({ dispose: () => clearInterval(timer) });
	return api;
};
exports.deactivate = () => extension.deactivate?.();
