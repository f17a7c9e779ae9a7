// The tour's listener: answers in the shapes of Spotify's, and moving on with time.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { inventedListener } = await import("../../../themes/spotifinfo/assets/js/invented.js");
const file = new URL("../../../content/data/tour.json", import.meta.url);
const albums = JSON.parse(readFileSync(file, "utf8"));

const BEGAN = Date.UTC(2026, 10, 25, 12);
const ask = inventedListener(albums, BEGAN);
const PLAYER = "/v1/me/player?additional_types=track,episode";
const RECENT = "/v1/me/player/recently-played?limit=50";
const names = (range, kind = "tracks") => ask(`/v1/me/top/${kind}?time_range=${range}`, BEGAN).items.map(({ name }) => name);

test("the first track is on its way when the page opens, and moves", () => {
  const first = ask(PLAYER, BEGAN);
  assert.equal(first.progress_ms, 83_000);
  assert.equal(ask(PLAYER, BEGAN + 10_000).progress_ms, 93_000);
  assert.equal(ask(PLAYER, BEGAN + 10_000).item.name, first.item.name);
});

test("a track that ends gives way to another, and heads what was played recently", () => {
  const first = ask(PLAYER, BEGAN);
  const end = BEGAN + first.item.duration_ms - first.progress_ms;
  const next = ask(PLAYER, end);
  assert.notEqual(next.item.uri, first.item.uri);
  assert.equal(next.progress_ms, 0);
  assert.equal(ask(RECENT, end).items[0].track.uri, first.item.uri);
});

test("what was played recently is fifty plays, newest first, over several days", () => {
  const { items } = ask(RECENT, BEGAN);
  const times = items.map(({ played_at: at }) => Date.parse(at));
  assert.equal(items.length, 50);
  assert.deepEqual(times, times.toSorted((a, b) => b - a));
  assert.ok(times[0] < BEGAN);
  assert.ok(times[0] - times.at(-1) > 24 * 3_600_000);
});

test("each range has the same tracks in another order, each once", () => {
  const ranges = ["short_term", "medium_term", "long_term"].map((range) => names(range));
  for (const list of ranges) assert.equal(new Set(list).size, albums.length * 2);
  assert.notDeepEqual(ranges[0], ranges[1]);
  assert.notDeepEqual(ranges[1], ranges[2]);
  assert.deepEqual(ranges[0].toSorted(), ranges[1].toSorted());
});

test("artists have names and pictures, and nothing invented has an address at Spotify", () => {
  const { items } = ask("/v1/me/top/artists?time_range=short_term", BEGAN);
  assert.equal(new Set(items.map(({ name }) => name)).size, albums.length);
  assert.ok(items.every(({ images }) => images[0].url));
  assert.equal(JSON.stringify([items, ask(RECENT, BEGAN), ask("/v1/me", BEGAN)]).includes("external_urls"), false);
});

test("a question that no page asks has no answer", () => {
  assert.equal(ask("/v1/me/player/devices", BEGAN), null);
});
