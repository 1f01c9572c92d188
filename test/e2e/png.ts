import { inflateSync } from "node:zlib";

/** Size of a PNG as browsers make them (8 bits, RGB or RGBA, not interlaced), and how many different colours it has. */
export function coloursIn(png: Buffer): { width: number; height: number; colours: number } {
	const width = png.readUInt32BE(16);
	const height = png.readUInt32BE(20);
	const channels = png[25] === 6 ? 4 : 3;
	const packed: Buffer[] = [];
	for (let at = 8; at < png.length; ) {
		const length = png.readUInt32BE(at);
		if (png.toString("latin1", at + 4, at + 8) === "IDAT") {
			packed.push(png.subarray(at + 8, at + 8 + length));
		}
		at += length + 12;
	}
	const data = inflateSync(Buffer.concat(packed));
	const stride = width * channels;
	const seen = new Set<number>();
	let above = Buffer.alloc(stride);
	for (let y = 0; y < height; y++) {
		const start = y * (stride + 1);
		const line = Buffer.from(data.subarray(start + 1, start + 1 + stride));
		unfilter(data[start] ?? 0, line, above, channels);
		for (let x = 0; x < stride; x += channels) {
			seen.add(line.readUIntBE(x, 3));
		}
		above = line;
	}
	return { width, height, colours: seen.size };
}

/** Undoes a PNG line's filter, in place. */
function unfilter(filter: number, line: Buffer, above: Buffer, channels: number): void {
	for (let i = 0; i < line.length; i++) {
		const left = i < channels ? 0 : (line[i - channels] ?? 0);
		const up = above[i] ?? 0;
		const corner = i < channels ? 0 : (above[i - channels] ?? 0);
		const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
		line[i] = ((line[i] ?? 0) + guess) & 255;
	}
}

function paeth(left: number, up: number, corner: number): number {
	const sum = left + up - corner;
	const [a, b, c] = [Math.abs(sum - left), Math.abs(sum - up), Math.abs(sum - corner)];
	if (a <= b && a <= c) {
		return left;
	}
	return b <= c ? up : corner;
}
