import { examineStore } from "../core/doctor/doctor.ts";
import { printableLine } from "../core/export/printable.ts";
import type { Command } from "./command.ts";
import { count } from "./table.ts";

export const doctor: Command = {
	name: "doctor",
	usage: "doctor",
	summary: "Check every journal and all that is derived from them; changes nothing",
	takes: [0, 0],
	async run(cli) {
		const found = await examineStore(cli.store);
		cli.print(found, () => {
			const places = found.damage.map(
				({ severity, file, line, reason }) =>
					`${severity.padEnd(7)}  ${file}${line > 0 ? `:${line}` : ""}  ${printableLine(reason)}\n`,
			);
			const differences = found.projection.differences.map(
				({ session, projection, field, found: is, expected }) =>
					`differs  ${session}  ${projection} ${field}: ${JSON.stringify(is)} instead of ${JSON.stringify(expected)}\n`,
			);
			const verdict = found.ok ? "no warnings" : "see the lines above";
			return `${places.join("")}${differences.join("")}${count(found.sessions, "session")} checked: ${verdict}.\n`;
		});
		return found.ok ? 0 : 1;
	},
};
