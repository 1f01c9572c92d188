import * as vscode from "vscode";
import type { Damage } from "../../core/doctor/doctor.ts";
import type { Difference } from "../../core/model/difference.ts";
import type { IndexAnswers } from "../../protocol/indexQuestions.ts";
import { commandIds } from "../contributions.ts";

/** Differences of the index that are listed; the rest is counted. */
const listed = 200;

/** A report as Markdown, with the places in it that can be followed. */
export interface DoctorReport {
	readonly text: string;
	readonly links: readonly ReportLink[];
}

export interface ReportLink {
	/** UTF-16 units from the beginning of the text. */
	readonly start: number;
	readonly end: number;
	readonly target: vscode.Uri;
	readonly tooltip: string;
}

/** What the doctor found, in words: the verdict, then each folder, then the index. */
export function doctorReport(
	{ folders, repaired, index }: IndexAnswers["doctor"],
	titleOf: (session: string) => string | undefined,
	now: Date,
): DoctorReport {
	const { t } = vscode.l10n;
	const report = new Writer();
	const warnings = folders.flatMap(({ found }) =>
		found.damage.filter(({ severity }) => severity !== "info"),
	).length;
	const differences =
		index.differences.length +
		folders.reduce((sum, { found }) => sum + found.projection.differences.length, 0);
	report.line(`# ${t("Doctor")}`);
	report.line();
	report.line(
		warnings + differences === 0
			? t("All is well. Nothing was changed.")
			: t("Warnings: {0}. Differences: {1}. Nothing was changed.", warnings, differences),
	);
	report.line(t("Checked: {0}", now.toLocaleString(vscode.env.language)));
	for (const { folder, found } of folders) {
		report.line();
		report.line(`## ${folder}`);
		report.line();
		report.line(t("Sessions checked, from the first byte to the last: {0}", found.sessions));
		report.line();
		for (const damage of sorted(found.damage)) {
			describe(report, damage, titleOf);
		}
		for (const difference of found.projection.differences) {
			differ(report, difference, titleOf);
		}
		if (found.damage.length + found.projection.differences.length === 0) {
			report.line(t("Nothing to tell."));
		}
	}
	report.line();
	report.line(`## ${t("Search index")}`);
	report.line();
	report.line(t("Sessions: {0}, items: {1}", repaired.sessions, repaired.items));
	if (repaired.read + repaired.removed > 0) {
		report.line(
			t("Brought up to date first: {0} files read, {1} gone.", repaired.read, repaired.removed),
		);
	}
	report.line();
	for (const problem of repaired.problems) {
		report.line(`- ${problem}`);
	}
	for (const difference of index.differences.slice(0, listed)) {
		differ(report, difference, titleOf);
	}
	if (index.differences.length > listed) {
		report.line(`- ${t("and {0} more", index.differences.length - listed)}`);
	}
	if (index.equal) {
		report.line(t("The index says what a full reading of all sessions says."));
	} else {
		report.line();
		report.write(t("The next search makes the index again. To have it made now: "));
		report.link(t("Rebuild Index"), command(commandIds.rebuildIndex), t("Rebuild Index"));
		report.line();
	}
	return report;
}

function describe(
	report: Writer,
	{ session, file, offset, line, severity, reason }: Damage,
	titleOf: (session: string) => string | undefined,
): void {
	const { t } = vscode.l10n;
	report.write(`- ${severity === "info" ? t("note") : t("warning")}: `);
	if (session !== null) {
		sessionLink(report, session, titleOf);
		report.write(", ");
	}
	if (session !== null && line > 0) {
		const target = command(commandIds.revealJournal, { id: session, line });
		report.link(t("line {0} (byte {1})", line, offset), target, t("Open the journal at this line"));
	} else {
		report.link(file, vscode.Uri.file(file), t("Open the file"));
	}
	report.line(`: ${reason}`);
}

function differ(
	report: Writer,
	{ session, projection, field, found, expected }: Difference,
	titleOf: (session: string) => string | undefined,
): void {
	const { t } = vscode.l10n;
	report.write(`- ${t("difference")}: `);
	if (session !== null) {
		sessionLink(report, session, titleOf);
		report.write(", ");
	}
	const values = `\`${JSON.stringify(found)}\`, ${t("expected")} \`${JSON.stringify(expected)}\``;
	report.line(`${projection} \`${field}\`: ${values}`);
}

function sessionLink(
	report: Writer,
	id: string,
	titleOf: (session: string) => string | undefined,
): void {
	const { t } = vscode.l10n;
	report.link(titleOf(id) || id, command(commandIds.openSession, { id }), t("Open the session"));
}

function command(id: string, argument?: object): vscode.Uri {
	const query = argument ? `?${encodeURIComponent(JSON.stringify([argument]))}` : "";
	return vscode.Uri.parse(`command:${id}${query}`);
}

/** Warnings before notes. */
function sorted(damage: readonly Damage[]): Damage[] {
	const rank = ({ severity }: Damage) => (severity === "info" ? 1 : 0);
	return damage.toSorted((a, b) => rank(a) - rank(b));
}

class Writer implements DoctorReport {
	text = "";
	readonly links: ReportLink[] = [];

	write(text: string): void {
		this.text += text.replace(/[\r\n]+/g, " ");
	}

	line(text = ""): void {
		this.write(text);
		this.text += "\n";
	}

	link(text: string, target: vscode.Uri, tooltip: string): void {
		const start = this.text.length;
		this.write(text);
		this.links.push({ start, end: this.text.length, target, tooltip });
	}
}
