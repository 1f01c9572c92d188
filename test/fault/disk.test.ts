import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { bundled, checkStore, noMounts, type Said, Speaker, workspace } from "./lab.ts";

const reason = noMounts();
if (reason !== undefined) {
	console.log(`Skipped: a full disk and a read-only mount, because ${reason}.`);
}
const skip = reason ?? false;

/** Runs a program in a mount namespace of its own, after a shell command that mounts things there. */
function inNamespace(program: string, mount: string, folder: string): Speaker {
	const shell = ["unshare", "--mount", "sh", "-c", `${mount} && exec "$@"`, "sh"];
	return new Speaker(program, [folder], shell);
}

test("a disk that is full: nothing acknowledged is lost, what fails says so, and it goes on when there is room", {
	skip,
}, async (t) => {
	const filler = bundled("filler.ts");
	const root = path.dirname(await workspace(t));
	const disk = path.join(root, "disk");
	await fs.mkdir(disk);
	const folder = path.join(disk, "workspace");
	const saved = path.join(root, "saved");
	// The program is a child of the shell, so that the disk can be copied away before it goes.
	const script = `mount -t tmpfs -o size=1m none ${disk} && mkdir ${folder} ${folder}-home && "$@"; code=$?; cp -a ${disk} ${saved}; exit $code`;
	const speaker = new Speaker(filler, [folder], ["unshare", "--mount", "sh", "-c", script, "sh"]);
	assert.equal(await speaker.end(), 0);
	const failed = speaker.said.flatMap(({ failed: sentence }) => sentence ?? []);
	assert.ok(failed.length >= 20, `${failed.length} refusals`);
	assert.ok(
		failed.every((sentence) => /^not-(stored|writable): .*[.]$/s.test(sentence)),
		failed[0],
	);
	const after = path.join(saved, "workspace");
	await checkStore(after, speaker.said);
	// There is room again: the same store takes more.
	const again = new Speaker(filler, [after]);
	await again.hears(20);
	await again.kill();
	assert.deepEqual(
		again.said.filter(({ failed: sentence }) => sentence !== undefined),
		[],
	);
	await checkStore(after, [...speaker.said, ...again.said]);
});

test("a read-only mount: everything is listed and read, every change is refused in a sentence", {
	skip,
}, async (t) => {
	const filler = bundled("filler.ts");
	const folder = await workspace(t);
	const first = new Speaker(filler, [folder]);
	await first.hears(12);
	await first.kill();
	const said: Said[] = [...first.said];
	const mount = `mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder}`;
	const second = inNamespace(filler, mount, folder);
	assert.equal(await second.end(), 0);
	assert.ok(second.said.length >= 20);
	for (const { failed } of second.said) {
		assert.match(failed ?? "", /^not-(stored|writable): .*read-only.*[.]$/is);
	}
	await checkStore(folder, said);
});
