import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { CommandName } from "../contributions.ts";
import { commandIds } from "../contributions.ts";
import { showError } from "../failures.ts";
import { branchCommands } from "./branches.ts";
import { cleaningUpCommands } from "./cleaningUp.ts";
import { composingCommands } from "./composing.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { importCommands } from "./importing.ts";
import { installingCommands } from "./installing.ts";
import { labelCommands } from "./labels.ts";
import { lifecycleCommands } from "./lifecycle.ts";
import { maintenanceCommands } from "./maintaining.ts";
import { openingCommands } from "./opening.ts";
import { purgeCommands } from "./purge.ts";
import { repairCommands } from "./repairing.ts";
import { restoringCommands } from "./restoring.ts";
import { resumeCommands } from "./resuming.ts";
import { daemonCommands } from "./running.ts";
import { runCommands } from "./runs.ts";
import { searchCommands } from "./searching.ts";
import { turnChangesCommands } from "./turnChanges.ts";
import { viewingCommands } from "./viewing.ts";
import { worktreeCommands } from "./worktrees.ts";

/** Registers every command of `contributions.ts`; one that is missing here does not compile. */
export function registerCommands(context: CommandContext): vscode.Disposable {
	const handlers: Handlers = {
		...lifecycleCommands(context),
		...purgeCommands(context),
		...labelCommands(context),
		...branchCommands(context),
		...turnChangesCommands(context),
		...restoringCommands(context),
		...worktreeCommands(context),
		...composingCommands(context),
		...openingCommands(context),
		...importCommands(context),
		...resumeCommands(context),
		...viewingCommands(context),
		...repairCommands(context),
		...searchCommands(context),
		...maintenanceCommands(context),
		...cleaningUpCommands(context),
		...installingCommands(context),
		...daemonCommands(context),
		...runCommands(context),
	};
	const registered = new DisposableStore();
	for (const name of Object.keys(commandIds) as CommandName[]) {
		registered.add(
			vscode.commands.registerCommand(commandIds[name], async (...args: unknown[]) => {
				try {
					return await handlers[name](...args);
				} catch (error) {
					showError(error, context.log, context.prompts);
					return undefined;
				}
			}),
		);
	}
	return registered;
}
