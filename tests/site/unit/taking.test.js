// A top list as a file, and the lines of its picture.

import assert from "node:assert/strict";
import { test } from "node:test";

const scripts = "../../../themes/spotifinfo/assets/js";
const { csv, fileName, json } = await import(`${scripts}/files.js`);
const { linesOf } = await import(`${scripts}/lines.js`);

const NOW = new Date("2026-11-25T10:00:00Z");
const track = (name, artists = ["Someone"], more = {}) => ({
  name,
  artists: artists.map((artist) => ({ name: artist })),
  album: { name: "An album" },
  external_urls: { spotify: "https://open.spotify.com/track/1" },
  ...more,
});
const cells = (...items) => csv("tracks", items).split("\r\n").slice(1, -1);

test("CSV says what it is, heads its columns and ends its lines as RFC 4180 has it", () => {
  assert.equal(csv("artists", [{ name: "One" }]), "\uFEFFrank,name,spotify\r\n1,One,\r\n");
  assert.deepEqual(cells(track("A")), ["1,A,Someone,An album,https://open.spotify.com/track/1"]);
});

test("CSV quotes what would break a line or a cell", () => {
  const [line] = cells(track('Say "no", twice', ["A", "B"]));
  assert.ok(line.startsWith('1,"Say ""no"", twice","A, B",'));
  assert.ok(csv("tracks", [track("two\nlines")]).includes('"two\nlines"'));
});

test("CSV holds no formula, whatever a track is called", () => {
  for (const name of ["=1+1", "+1", "-1", "@home", "\tindented"]) {
    assert.ok(cells(track(name))[0].startsWith(`1,'${name},`), name);
  }
  assert.ok(cells(track("1 = 1"))[0].startsWith("1,1 = 1,"));
});

test("JSON has every name as Spotify gives it, and no address where there is none", () => {
  const list = JSON.parse(json("tracks", "year", [track("=1+1", ["A", "B"]), track("B", [], { external_urls: undefined })], NOW));
  assert.equal(list.range, "year");
  assert.equal(list.taken, "2026-11-25T10:00:00.000Z");
  assert.deepEqual(list.items[0], {
    rank: 1, title: "=1+1", artists: ["A", "B"], album: "An album", spotify: "https://open.spotify.com/track/1",
  });
  assert.equal("spotify" in list.items[1], false);
});

test("a file is called after its list, range and day", () => {
  assert.equal(fileName("artists", "4-weeks", "csv", NOW), "top-artists-4-weeks-2026-11-25.csv");
});

// One letter is one unit wide.
const lines = (text, room, most) => linesOf(text, (part) => [...part].length, room, most);

test("lines break between words and never exceed the room", () => {
  assert.deepEqual(lines("North by Nowhere", 10, 2), ["North by", "Nowhere"]);
  assert.deepEqual(lines("North", 10, 2), ["North"]);
});

test("what does not fit ends in an ellipsis", () => {
  assert.deepEqual(lines("one two three four", 7, 2), ["one two", "three…"]);
  assert.deepEqual(lines("Unbreakable", 5, 2), ["Unbr…"]);
});

test("a letter of several units is kept whole", () => {
  assert.deepEqual(lines("🎵🎵🎵🎵", 3, 1), ["🎵🎵…"]);
});

test("an empty name has an empty line", () => {
  assert.deepEqual(lines("", 5, 2), [""]);
});
