#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { row } from "./format.js";
import { tally } from "./tally.js";

for (const file of process.argv.slice(2)) {
	console.log(row(tally(readFileSync(file, "utf8")), file));
}
