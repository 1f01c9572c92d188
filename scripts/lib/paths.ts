import * as path from "node:path";

/** The repository's root folder. */
export const repository = path.resolve(import.meta.dirname, "..", "..");

/** What the scripts install and remember; git-ignored, reused from run to run. */
export const cacheFolder = path.join(repository, ".vscode-test");
