// Takes checkpoints of a folder until it is killed. Usage: node taker.ts FOLDER HOME SESSION
import { Checkpoints } from "../../src/core/checkpoints/checkpoints.ts";
import { newId } from "../../src/core/journal/ids.ts";
import { locationsIn } from "../support/temporary.ts";

const [folder = "", home = "", session = ""] = process.argv.slice(2);
const env = Object.fromEntries(
	Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);
const checkpoints = new Checkpoints(folder, locationsIn(home, env));
process.stdout.write("begins\n");
for (;;) {
	await checkpoints.take({ place: { session, of: newId(Date.now()), moment: "start" } });
}
