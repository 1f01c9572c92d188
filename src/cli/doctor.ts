import { examineStore } from "../core/doctor/doctor.ts";
import { printableLine } from "../core/export/printable.ts";
import type { Command } from "./command.ts";
import { count } from "./table.ts";

export const doctor: Command = {
	name: "doctor",
	usage: "doctor",
	summary: "Check every journal and all that is derived from them; changes no session",
	takes: [0, 0],
	async run(cli) {
		const { behind, ...found } = await examineStore(cli.store, { sources: cli.sources });
		cli.print(found, () => {
			const places = found.damage.map(
				({ severity, file, line, reason }) =>
					`${severity.padEnd(7)}  ${file}${line > 0 ? `:${line}` : ""}  ${printableLine(reason)}\n`,
			);
			const differences = found.projection.differences.map(
				({ session, projection, field, found: is, expected }) =>
					`differs  ${session ?? "-"}  ${projection} ${printableLine(field)}: ${JSON.stringify(is)} instead of ${JSON.stringify(expected)}\n`,
			);
			const verdict = found.ok ? "no warnings" : "see the lines above";
			const lag =
				behind > 0
					? ` ${count(behind, "session file")} changed since the index was brought up to date; the next search reads them.`
					: "";
			const wrong = found.projection.differences.some((each) => each.projection === "index");
			const aside = wrong ? " The next search repairs the index." : "";
			return `${places.join("")}${differences.join("")}${count(found.sessions, "session")} checked: ${verdict}.${lag}${aside}\n`;
		});
		return found.ok ? 0 : 1;
	},
};
