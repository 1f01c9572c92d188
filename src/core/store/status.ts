/** How a folder's store stands. Only `ready` and `none` can be written to. */
export type StoreStatus =
	| { readonly kind: "none" }
	| { readonly kind: "ready"; readonly storeId: string }
	/** Written by a newer Skein: read as far as it goes, never written. */
	| { readonly kind: "newer"; readonly version: number }
	| { readonly kind: "unreadable"; readonly reason: string };

/** A session whose journal is gone from the folder and of which a kept copy is left. */
export interface KeptSession {
	readonly id: string;
	readonly title: string;
	readonly items: number;
	/** ISO 8601. */
	readonly updatedAt: string;
}
