// Progress, days, what the player's answer means, colours, and what may be linked to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const scripts = "../../../themes/spotifinfo/assets/js";
const { position, nextAsk, changed, clock, outdated } = await import(`${scripts}/progress.js`);
const { describe, spoken } = await import(`${scripts}/playing.js`);
const { contrast, tint, dominant, READABLE } = await import(`${scripts}/contrast.js`);
const { THEMES } = await import(`${scripts}/colour.js`);
const { checkedUrl, pickImage } = await import(`${scripts}/build.js`);
const { rangeOf, topPath } = await import(`${scripts}/ranges.js`);
const { byDay, localeOf } = await import(`${scripts}/dates.js`);
const { loginFrom } = await import(`${scripts}/notice.js`);

const track = { name: "Song", uri: "spotify:track:1", duration_ms: 200_000 };
const playing = { is_playing: true, progress_ms: 60_000, item: track };

test("a track goes on between answers and stops at its end", () => {
  assert.equal(position(playing, 1_500), 61_500);
  assert.equal(position(playing, 900_000), 200_000);
  assert.equal(position(playing, -50), 60_000);
});

test("a paused track stands still, and nothing has no position", () => {
  assert.equal(position({ ...playing, is_playing: false }, 9_000), 60_000);
  assert.equal(position(null, 9_000), 0);
});

test("the next question comes after five seconds, twenty at rest, and just after the end", () => {
  assert.equal(nextAsk(playing), 5_000);
  assert.equal(nextAsk({ ...playing, is_playing: false }), 20_000);
  assert.equal(nextAsk(null), 20_000);
  assert.equal(nextAsk({ ...playing, progress_ms: 198_000 }), 2_400);
  assert.equal(nextAsk({ is_playing: true, item: null }), 5_000);
  assert.equal(nextAsk({ ...playing, progress_ms: 200_000 }), 5_000);
});

test("an answer is old a minute after what it told of must have ended", () => {
  assert.equal(outdated(playing, 199_000), false);
  assert.equal(outdated(playing, 201_000), true);
  for (const resting of [{ ...playing, is_playing: false }, { is_playing: true, item: null }, null]) {
    assert.equal(outdated(resting, 59_000), false);
    assert.equal(outdated(resting, 61_000), true);
  }
});

test("another track is a change, another position is not", () => {
  assert.equal(changed(playing, { ...playing, progress_ms: 1 }), false);
  assert.equal(changed(playing, { ...playing, item: { ...track, uri: "spotify:track:2" } }), true);
  assert.equal(changed(playing, null), true);
});

test("times read as on a clock", () => {
  assert.deepEqual([0, 59_999, 187_000, 3_729_000].map(clock), ["0:00", "0:59", "3:07", "1:02:09"]);
});

const now = new Date("2026-11-24T01:30:00Z");
const played = (played_at) => ({ played_at, track });

test("days are the visitor's own", () => {
  const items = [played("2026-11-24T01:00:00Z"), played("2026-11-23T23:00:00Z")];
  const utc = byDay(items, { now, timeZone: "UTC" });
  assert.deepEqual(utc.map((day) => [day.label, day.items.length]), [["Today", 1], ["Yesterday", 1]]);
  const jakarta = byDay(items, { now, timeZone: "Asia/Jakarta" });
  assert.deepEqual(jakarta.map((day) => [day.day, day.items.length]), [["2026-11-24", 2]]);
});

test("older days have names, also across the end of a year and a change of clocks", () => {
  const [year] = byDay([played("2025-12-31T12:00:00Z")], { now: new Date("2026-01-01T12:00:00Z"), timeZone: "UTC" });
  assert.equal(year.label, "Yesterday");
  const summer = new Date("2026-03-30T10:00:00Z");
  const [changeDay] = byDay([played("2026-03-29T00:30:00Z")], { now: summer, timeZone: "Europe/Berlin" });
  assert.equal(changeDay.label, "Yesterday");
  const [old] = byDay([played("2026-11-01T12:00:00Z")], { now, timeZone: "UTC", locale: "en-GB" });
  assert.match(old.label, /Sunday.*1 November/);
});

test("an item whose time cannot be read is left out", () => {
  assert.deepEqual(byDay([played("yesterday-ish"), { track }], { now, timeZone: "UTC" }), []);
});

test("each thing that a player can say is told apart", () => {
  const kinds = [
    [null, "nothing"],
    [{ is_playing: false, item: null }, "nothing"],
    [{ is_playing: true, item: null, currently_playing_type: "ad" }, "ad"],
    [{ is_playing: true, item: null, device: { is_private_session: true } }, "private"],
    [{ is_playing: true, item: null }, "unknown"],
    [playing, "track"],
    [{ is_playing: true, item: { ...track, is_local: true } }, "local"],
    [{ is_playing: true, item: { type: "episode", name: "One", show: { name: "Show" } } }, "episode"],
  ];
  assert.deepEqual(kinds.map(([player]) => describe(player).kind), kinds.map(([, kind]) => kind));
});

test("a local file has neither link nor cover", () => {
  const local = describe({ item: { ...track, is_local: true, external_urls: { spotify: "https://e/" } } });
  assert.equal(local.url, undefined);
  assert.deepEqual(local.images, []);
});

test("a screen reader hears the track and who it is by", () => {
  const by = [{ name: "One" }, { name: "Two" }];
  assert.equal(spoken({ kind: "track", title: "Song", by }), "Now playing: Song, by One, Two");
  assert.equal(spoken({ kind: "nothing" }), "");
});

test("black on white has the ratio that WCAG gives", () => {
  assert.equal(Math.round(contrast([0, 0, 0], [255, 255, 255])), 21);
  assert.equal(contrast([10, 20, 30], [10, 20, 30]), 1);
});

test("no cover makes a card's text unreadable", () => {
  const steps = [0, 51, 102, 153, 204, 255];
  const covers = steps.flatMap((r) => steps.flatMap((g) => steps.map((b) => [r, g, b])));
  for (const { surface, texts } of Object.values(THEMES)) {
    for (const cover of covers) {
      const ground = tint(cover, surface, texts);
      for (const text of texts) assert.ok(contrast(text, ground) >= READABLE, `${cover}`);
    }
  }
});

test("a cover does colour the card", () => {
  assert.notDeepEqual(tint([200, 40, 40], THEMES.dark.surface, THEMES.dark.texts), THEMES.dark.surface);
});

test("the script's colours are the style sheet's", () => {
  const css = readFileSync(new URL("../../../themes/spotifinfo/assets/css/tokens.css", import.meta.url), "utf8");
  const values = (name) => [...css.matchAll(new RegExp(`--${name}: #(\\w{6})`, "g"))].map(([, hex]) =>
    [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
  for (const [theme, at] of [["light", 0], ["dark", 1], ["dark", 2]]) {
    assert.deepEqual(THEMES[theme].surface, values("surface")[at]);
    assert.deepEqual(THEMES[theme].texts, [values("text")[at], values("muted")[at]]);
  }
});

test("a picture's colour is its vivid part", () => {
  const grey = [90, 90, 90, 255];
  const red = [230, 20, 20, 255];
  const [r, g] = dominant([...grey, ...grey, ...grey, ...red]);
  assert.ok(r > 200 && g < 40);
  assert.deepEqual(dominant([]), [128, 128, 128]);
});

test("only addresses that are what they claim are used", () => {
  assert.equal(checkedUrl("https://i.scdn.co/image/1"), "https://i.scdn.co/image/1");
  const refused = ["javascript:alert(1)", "data:text/html,x", "http://e.com/", "//e.com", "", null, 7];
  assert.deepEqual(refused.map((address) => checkedUrl(address)), refused.map(() => null));
});

test("the smallest picture that is wide enough is taken", () => {
  const images = [640, 300, 64].map((width) => ({ url: `https://e/${width}`, width }));
  assert.equal(pickImage(images, 112).width, 300);
  assert.equal(pickImage(images, 900).width, 640);
  assert.equal(pickImage([{ url: "javascript:x", width: 64 }], 1), null);
  assert.equal(pickImage(undefined, 1), null);
});

test("an unknown range is the middle one", () => {
  assert.equal(rangeOf("constructor"), "6-months");
  assert.equal(rangeOf(null), "6-months");
  assert.match(topPath("tracks", "year"), /^\/v1\/me\/top\/tracks\?time_range=long_term&/);
});

test("dates are written as the visitor writes them, as long as that is the page's language", () => {
  assert.equal(localeOf("en", ["de-DE", "en-GB", "en-US"]), "en-GB");
  assert.equal(localeOf("en", ["de-DE", "eng"]), "en");
  assert.equal(localeOf("pt-BR", ["pt-PT"]), "pt-PT");
});

test("a login comes back to the address as it is", () => {
  const here = { pathname: "/top/tracks/", search: "?range=year&x=a b" };
  const href = new URL(loginFrom("https://auth.example/api/login?return_to=%2F", here));
  assert.equal(href.origin + href.pathname, "https://auth.example/api/login");
  assert.deepEqual([...href.searchParams], [["return_to", "/top/tracks/?range=year&x=a b"]]);
});
