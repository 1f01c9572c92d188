// Writes the README and the changelog as the package has them into out/package.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { packagedPage } from "./lib/packagedPage.ts";
import { repository } from "./lib/paths.ts";

const folder = path.join(repository, "out/package");
mkdirSync(folder, { recursive: true });
for (const name of ["README.md", "CHANGELOG.md"]) {
	const page = readFileSync(path.join(repository, name), "utf8");
	writeFileSync(path.join(folder, name), packagedPage(page));
}
