import type { AgentSpec } from "../../protocol/daemon.ts";
import { acpDriver } from "./acp/driver.ts";
import { codexDriver } from "./codex/driver.ts";
import type { Driver } from "./driver.ts";

/** The driver that a specification names. */
export function driverOf({ driver }: AgentSpec): Driver {
	switch (driver) {
		case "codex":
			return codexDriver;
		case "acp":
			return acpDriver;
		case "recorded":
			throw new Error(`Not yet: ${driver}.`);
	}
}
