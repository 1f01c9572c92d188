import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { packagedPage, repositoryOnly } from "./packagedPage.ts";
import { repository } from "./paths.ts";

test("a packaged page has no images and no links of the repository; those to the web and within it stay", () => {
	const page = [
		"# Title",
		"",
		"![A picture](docs/a.png)",
		"",
		"See [the format](docs/format.md#part), [docs/cli.md](docs/cli.md) and [the web](https://example.org/a.md).",
		"Then [below](#below), [mail](mailto:a@example.org) and [`code`](src/a.ts).",
		"",
		repositoryOnly,
		"",
		"## Build it",
		"",
	];
	assert.equal(
		packagedPage(page.join("\n")),
		[
			"# Title",
			"",
			"See the format, `docs/cli.md` in Skein's source and [the web](https://example.org/a.md).",
			"Then [below](#below), [mail](mailto:a@example.org) and `code`.",
			"",
		].join("\n"),
	);
});

test("the README and the changelog keep what people read, and nothing that leads nowhere", () => {
	const [readme = "", changelog = ""] = ["README.md", "CHANGELOG.md"].map((name) =>
		packagedPage(readFileSync(path.join(repository, name), "utf8")),
	);
	assert.match(readme, /^# Skein\n/);
	assert.match(readme, /\n## Use it\n/);
	assert.doesNotMatch(readme, /npm ci|\n## Test it/);
	assert.match(changelog, /\n## \[Unreleased\]\n/);
	for (const page of [readme, changelog]) {
		assert.doesNotMatch(page, /!\[/);
		for (const [, address = ""] of page.matchAll(/\]\(([^)]*)\)/g)) {
			assert.match(address, /^(?:https:\/\/|vscode:|#)/);
		}
	}
});
