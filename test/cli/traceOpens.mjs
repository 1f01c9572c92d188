// Loaded into the command by a test: writes the path of every file it opens to the file that TRACE_OPENS names.
import { appendFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const { open } = fs.default;
fs.default.open = (file, ...rest) => {
	appendFileSync(process.env.TRACE_OPENS, `${file}\n`);
	return open(file, ...rest);
};
syncBuiltinESMExports();
