type Environment = Readonly<Record<string, string | undefined>>;

/** Names the child of ours that a process belongs to: `<mark of the runtime folder>.<child id>`. */
export const childVariable = "SKEIN_CHILD";

const ours = /^(?:ELECTRON_|VSCODE_)/i;
const removed = new Set([
	"NODE_OPTIONS",
	"NODE_CHANNEL_FD",
	"NODE_CHANNEL_SERIALIZATION_MODE",
	// What an agent of ours starts belongs to it: a daemon that kept the mark would be ended with the agent.
	childVariable,
]);

/**
 * The environment of the extension host without what is meant for VS Code and its Node: with `ELECTRON_RUN_AS_NODE` or
 * `NODE_OPTIONS` an agent that is an Electron or Node program would not be itself. Without a child's mark, too.
 */
export function scrubbedEnvironment(env: Environment): Record<string, string> {
	const clean: Record<string, string> = {};
	for (const [name, value] of Object.entries(env)) {
		if (value !== undefined && !ours.test(name) && !removed.has(name.toUpperCase())) {
			clean[name] = value;
		}
	}
	return clean;
}

/** The environment of a child: scrubbed, with what its configuration adds (which cannot bring back what was scrubbed). */
export function childEnvironment(
	env: Environment,
	added: Environment,
	child: string,
): Record<string, string> {
	return { ...scrubbedEnvironment({ ...env, ...added }), [childVariable]: child };
}
