// Long lists are drawn in pieces, so that a slow phone can paint and listen in between.

/** More rows than any phone shows at once. */
const PIECE = 8;

/** Settles after the next picture is on the screen; at once where nobody looks. */
const painted = () =>
  new Promise((go) => (document.hidden ? setTimeout(go) : requestAnimationFrame(() => setTimeout(go))));

/**
 * Calls `draw(item, index)` for each of `items`: for the first ones now, for the others a piece
 * after each picture.
 * @param {() => boolean} wanted asked before each further piece
 * @returns {Promise<boolean>} whether all were drawn
 */
export async function inPieces(items, draw, wanted, { piece = PIECE, pause = painted } = {}) {
  for (let from = 0; from < items.length; from += piece) {
    if (from) await pause();
    if (from && !wanted()) return false;
    items.slice(from, from + piece).forEach((item, at) => draw(item, from + at));
  }
  return wanted();
}
