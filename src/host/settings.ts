import * as vscode from "vscode";
import type { SettingName, Settings } from "./contributions.ts";
import { approvalPolicies, groupings, keepings, sandboxes, sortings } from "./contributions.ts";

type Guards = { readonly [K in SettingName]: (value: unknown) => value is Settings[K] };

const oneOf =
	<T extends string>(values: readonly T[]) =>
	(value: unknown): value is T =>
		values.some((each) => each === value);

const guards: Guards = {
	"skein.sessions.groupBy": oneOf(groupings),
	"skein.sessions.sortBy": oneOf(sortings),
	"skein.checkpoints": (value) => typeof value === "boolean",
	"skein.confirmDelete": (value) => typeof value === "boolean",
	"skein.sources.keep": oneOf(keepings),
	"skein.codex.path": (value) => typeof value === "string",
	"skein.agents": (value): value is Readonly<Record<string, unknown>> =>
		typeof value === "object" && value !== null && !Array.isArray(value),
	"skein.sandbox": oneOf(sandboxes),
	"skein.approvals": oneOf(approvalPolicies),
	"skein.daemon.idleTimeout": (value): value is number => typeof value === "number" && value >= 1,
};

/**
 * A setting's value; its default when somebody wrote nonsense into settings.json. `folder`: of several open ones the one
 * it is for, whose own settings.json goes first.
 */
export function readSetting<K extends SettingName>(name: K, folder?: string | null): Settings[K] {
	const scope = folder ? vscode.Uri.file(folder) : undefined;
	const configuration = vscode.workspace.getConfiguration(undefined, scope);
	const isValid: (value: unknown) => value is Settings[K] = guards[name];
	const value = configuration.get<unknown>(name);
	if (isValid(value)) {
		return value;
	}
	const fallback = configuration.inspect<unknown>(name)?.defaultValue;
	if (isValid(fallback)) {
		return fallback;
	}
	throw new Error(`${name} has no default in package.json.`);
}

/** Writes a setting where it is set now: in the workspace if it is set there, else for the user. */
export async function writeSetting<K extends SettingName>(
	name: K,
	value: Settings[K],
): Promise<void> {
	const configuration = vscode.workspace.getConfiguration();
	const inWorkspace = configuration.inspect(name)?.workspaceValue !== undefined;
	await configuration.update(
		name,
		value,
		inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
	);
}

export function onDidChangeSetting(name: SettingName, listener: () => void): vscode.Disposable {
	return vscode.workspace.onDidChangeConfiguration((event) => {
		if (event.affectsConfiguration(name)) {
			listener();
		}
	});
}
