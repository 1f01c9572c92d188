/** The kinds of window the integration suites run in; each has a folder of suites of its name. */
export const kinds = ["folder", "multiRoot", "noFolder", "restricted"] as const;
export type Kind = (typeof kinds)[number];
