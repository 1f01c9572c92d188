import { type Browser, chromium } from "playwright-core";
import { findChromium } from "./install.ts";

/** Starts a Chromium that talks to nobody but the pages it is given. */
export function startBrowser(): Promise<Browser> {
	const executablePath = findChromium();
	if (!executablePath) {
		throw new Error("There is no Chromium on this machine; `node scripts/setup.ts` installs it.");
	}
	return chromium.launch({
		executablePath,
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
}
