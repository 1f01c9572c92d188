import type { Locations } from "../core/locations.ts";
import type { SessionSummary } from "../core/model/summary.ts";
import type { KeptSession, StoreStatus } from "../core/store/status.ts";
import type { IndexAnswer, Indexing, IndexQuestion, Refusal } from "./indexQuestions.ts";

/** The store of one workspace folder, as the catalogue sees it. */
export interface StoreReport {
	/** Absolute path of the workspace folder. */
	readonly folder: string;
	readonly status: StoreStatus;
	/** Sessions that were removed from disk and can be restored in one go. */
	readonly kept: readonly KeptSession[];
	/** Files in `sessions/` that are no journals, unreadable folders and the like: sentences. */
	readonly problems: readonly string[];
}

/** What the catalogue lists: `folder` scopes hold a store's sessions, `source` scopes a source's. */
export type CatalogueScope =
	| { readonly kind: "folder"; readonly folder: string }
	| { readonly kind: "source"; readonly source: string };

/** Which sessions of sources are kept against the tool's own clean-up. */
export type KeepSources = "thisFolder" | "all" | "off";

/** Extension host to worker. */
export type ToCatalogue =
	/** The folders and sources to list from now on; the first one starts the work. */
	| {
			readonly type: "configure";
			readonly folders: readonly string[];
			readonly sources: readonly string[];
			readonly locations: Locations;
			/** Keep copies of the folders' sessions in the user's data folder: only in a trusted workspace. */
			readonly keepCopies: boolean;
			/** Of which sessions of sources copies are kept: setting `skein.sources.keep`, `off` where not trusted. */
			readonly keepSources: KeepSources;
	  }
	/** Look again now; answered by `refreshed` with the same number once everything is current. */
	| { readonly type: "refresh"; readonly request: number }
	/** Answered by `answer` or `refused` with the same number; `asked` tells how far it is. */
	| { readonly type: "ask"; readonly request: number; readonly question: IndexQuestion }
	/** Nobody waits for the answer any more: it is `refused` as soon as possible. */
	| { readonly type: "cancel"; readonly request: number }
	/** The index need not be brought up to date any further for now. */
	| { readonly type: "stopIndexing" };

/** Worker to extension host. */
export type FromCatalogue =
	/** Rows of a scope: `reset` replaces all of them, else `rows` are added or replaced and `removed` ids go. */
	| {
			readonly type: "rows";
			readonly scope: CatalogueScope;
			readonly reset: boolean;
			readonly rows: readonly SessionSummary[];
			readonly removed: readonly string[];
	  }
	| { readonly type: "store"; readonly report: StoreReport }
	| {
			readonly type: "sourceProblems";
			readonly source: string;
			readonly problems: readonly string[];
	  }
	/** Work under way: files parsed so far of those to parse. `done === total` ends it. */
	| { readonly type: "progress"; readonly done: number; readonly total: number }
	| { readonly type: "refreshed"; readonly request: number }
	| { readonly type: "answer"; readonly request: number; readonly answer: IndexAnswer }
	| { readonly type: "refused"; readonly request: number; readonly refusal: Refusal }
	| { readonly type: "asked"; readonly request: number; readonly at: Indexing }
	/** The index is being brought up to date; undefined once it is. */
	| { readonly type: "indexing"; readonly at: Indexing | undefined }
	/** For the log: what was found and repaired. */
	| { readonly type: "noted"; readonly message: string }
	/** Something went wrong that no row can carry. */
	| { readonly type: "failed"; readonly message: string };
