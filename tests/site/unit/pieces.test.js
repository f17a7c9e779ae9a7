// Lists that are drawn in pieces.

import assert from "node:assert/strict";
import { test } from "node:test";

const { inPieces } = await import("../../../themes/spotifinfo/assets/js/pieces.js");

const TEN = Array.from({ length: 10 }, (_, at) => `row ${at}`);

/** What has been drawn at each pause, and what `inPieces` said in the end. */
async function drawn(items, wanted, piece = 4) {
  const rows = [];
  const pauses = [];
  const pause = async () => pauses.push(rows.length);
  const whole = await inPieces(items, (item, index) => rows.push([item, index]), wanted, { piece, pause });
  return { rows, pauses, whole };
}

test("the first piece is there at once, the others after a pause each, all in order", async () => {
  const { rows, pauses, whole } = await drawn(TEN, () => true);
  assert.deepEqual(rows, TEN.map((item, index) => [item, index]));
  assert.deepEqual(pauses, [4, 8]);
  assert.equal(whole, true);
});

test("what fits one piece, or is nothing, needs no pause", async () => {
  assert.deepEqual((await drawn(TEN, () => true, 10)).pauses, []);
  assert.deepEqual(await drawn([], () => true), { rows: [], pauses: [], whole: true });
});

test("what is wanted no longer is drawn no further", async () => {
  let left = 1;
  const { rows, whole } = await drawn(TEN, () => left-- > 0);
  assert.equal(rows.length, 8);
  assert.equal(whole, false);
});
