import assert from "node:assert/strict";
import { test } from "node:test";
import { markedQuery, plainText, snippetText } from "./snippetText.ts";

test("what VS Code highlights by itself is not marked twice", () => {
	const snippet = { text: "the Login fails", ranges: [[4, 9]] as const };
	assert.equal(snippetText(snippet, " login "), "the Login fails");
});

test("any other match is marked, neighbours as one", () => {
	const snippet = {
		text: "the login fails, and login again",
		ranges: [
			[4, 9],
			[10, 15],
			[21, 26],
		] as const,
	};
	assert.equal(
		snippetText(snippet, "login fail*"),
		"the \u00bblogin fails\u00ab, and \u00bblogin\u00ab again",
	);
});

test("a shell's substitution is no icon", () => {
	assert.equal(plainText("cd $(pwd) && $(git log)"), "cd \\$(pwd) && $(git log)");
});

test("the wrong part of a query is marked, also at its end", () => {
	assert.equal(markedQuery('a "b', 2, 2), 'a \u00bb"b\u00ab');
	assert.equal(markedQuery("a OR", 9, 1), "a OR\u00bb\u00ab");
});
