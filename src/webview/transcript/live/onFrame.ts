/** A function that has `draw` done in the next frame, once, however often it is called before. */
export function onFrame(draw: () => void): () => void {
	let asked = false;
	return () => {
		if (!asked) {
			asked = true;
			requestAnimationFrame(() => {
				asked = false;
				draw();
			});
		}
	};
}
