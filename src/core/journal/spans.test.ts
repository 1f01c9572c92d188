import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { readSpans } from "./spans.ts";

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 31) % 251));

function reader() {
	const reads: number[] = [];
	return {
		reads,
		read: async (buffer: Buffer, offset: number, length: number, position: number) => {
			reads.push(length);
			// A read may give less than was asked for.
			const some = Math.min(length, 70_000, Math.max(0, bytes.length - position));
			return { bytesRead: bytes.copy(buffer, offset, position, position + some), buffer };
		},
	};
}
type Handle = Parameters<typeof readSpans>[0];

test("spans come back in the order asked for, whatever their places", async () => {
	const span = fc.record({ offset: fc.nat(290_000), length: fc.nat(9_000) });
	await fc.assert(
		fc.asyncProperty(fc.array(span, { maxLength: 20 }), async (spans) => {
			const parts = await readSpans(reader() as unknown as Handle, spans);
			assert.equal(parts.length, spans.length);
			for (const [index, { offset, length }] of spans.entries()) {
				assert.ok(parts[index]?.equals(bytes.subarray(offset, offset + length)));
			}
		}),
		{ seed: 43, numRuns: 200 },
	);
});

test("neighbours are read in one go, and a file that has become shorter gives less", async () => {
	const near = reader();
	await readSpans(
		near as unknown as Handle,
		Array.from({ length: 100 }, (_, n) => ({ offset: n * 600, length: 500 })),
	);
	assert.equal(near.reads.length, 1);
	const [part] = await readSpans(reader() as unknown as Handle, [{ offset: 299_990, length: 50 }]);
	assert.equal(part?.length, 10);
});
