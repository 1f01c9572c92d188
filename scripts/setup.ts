// Gets what the tests need beyond `npm ci`, as far as it is not there.
// Options: --min (also the oldest supported VS Code), --codex (also the real Codex).
import { installCodex, installServer, serverVersions } from "./lib/install.ts";
import { errorText } from "./lib/processes.ts";

try {
	await installServer(serverVersions.current);
	if (process.argv.includes("--min")) {
		await installServer(serverVersions.minimum);
	}
	if (process.argv.includes("--codex")) {
		await installCodex();
	}
	console.log("Everything is there.");
} catch (error) {
	console.error(errorText(error));
	process.exitCode = 1;
}
