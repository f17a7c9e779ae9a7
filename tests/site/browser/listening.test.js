// How often Spotify is asked, by whom, and what happens when a token ends. Where time matters it
// is the browser's clock that moves, so that a slow machine sees the same.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { filled, launch, logIn, startDemo, until, visitor } from "../harness.js";

let demo;
let browser;

before(async () => {
  demo = await startDemo("--token-lifetime", "8", "--rotate");
  browser = await launch();
});

beforeEach(() => demo.control("POST", "reset"));

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const counts = async () => (await demo.control("GET")).counts;
const playing = (track) => demo.control("POST", "player", { state: "playing", track, progress: 1_000 });

/** Waits until Spotify has been asked `times` for what plays, since the counts were cleared. */
const asked = (times) => until(counts, ({ player = 0 }) => player >= times);

/** Makes the page think that it is hidden, or shown again. */
const hide = (page, hidden) => page.evaluate((value) => {
  Object.defineProperty(document, "hidden", { value, configurable: true });
  Object.defineProperty(document, "visibilityState", { value: value ? "hidden" : "visible", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}, hidden);

/** Stops the page's clock, a little later: nothing that waits for a time happens after that. */
async function stopClock(page) {
  // A moment that a slow machine has not passed by the time it is told.
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 10_000));
}

/** A visitor who sees track `track` playing, on a page whose clock the test holds. */
async function listener(track) {
  const { page, context } = await visitor(browser, demo.site);
  const open = new Set();
  page.on("request", (request) => open.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => open.delete(request));
  await context.clock.install();
  await playing(track);
  await logIn(page);
  await page.locator("[data-card] .card-title").waitFor();
  await filled(page);
  return { page, context, nothingUnderWay: () => until(() => open.size, (size) => size === 0) };
}

test("tokens end and are renewed, and the page shows nothing of it", async () => {
  const { page, context, complaints } = await visitor(browser, demo.site);
  await playing(1);
  await logIn(page);
  await page.locator("[data-card] .card-title").waitFor();
  await demo.control("DELETE", "counts");
  await until(counts, ({ refresh = 0, player = 0 }) => refresh >= 2 && player >= 3);
  assert.equal((await page.locator("[data-notice]").textContent()).trim(), "");
  assert.ok(await page.locator("[data-card] .card-title").isVisible());
  assert.deepEqual(complaints, []);
  await context.close();
});

test("while something plays Spotify is asked every five seconds, and not in between", async () => {
  const { page, context, nothingUnderWay } = await listener(3);
  await stopClock(page);
  await nothingUnderWay();
  /** Lets `ms` pass, after which an answer must show that says so far the track is. */
  const asksAfter = async (ms, progress, shown) => {
    await demo.control("POST", "player", { state: "playing", track: 3, progress });
    await page.clock.runFor(ms);
    await until(() => page.locator("[data-elapsed]").textContent(), (text) => shown.test(text));
  };
  // What the stopping itself set off is over after this.
  for (const [progress, shown] of [[60_000, /^1:0/], [30_000, /^0:3/]]) {
    await asksAfter(5_000, progress, shown);
    await nothingUnderWay();
  }
  await demo.control("DELETE", "counts");
  for (const [times, progress, shown] of [[0, 90_000, /^1:3/], [1, 120_000, /^2:0/]]) {
    await page.clock.runFor(4_900);
    assert.equal((await counts()).player ?? 0, times);
    await asksAfter(100, progress, shown);
    assert.equal((await counts()).player, times + 1);
  }
  await context.close();
});

test("of two tabs one asks, and both show the track", async () => {
  const { page, context } = await visitor(browser, demo.site);
  await playing(5);
  await logIn(page);
  const other = await context.newPage();
  const askers = new Set();
  for (const tab of [page, other]) {
    tab.on("request", (request) => /\/v1\/me\/player\?/.test(request.url()) && askers.add(tab));
  }
  await other.goto("/");
  const title = (tab) => tab.locator("[data-card] .card-title").textContent();
  await other.locator("[data-card] .card-title a").waitFor();
  assert.equal(await title(other), await title(page));
  await playing(9);
  const before = await title(page);
  for (const tab of [page, other]) await until(() => title(tab), (shown) => shown !== before);
  assert.equal(await title(other), await title(page));
  await demo.control("DELETE", "counts");
  await asked(2);
  assert.deepEqual([...askers], [page], "not the first tab alone asked");
  await page.close();
  await playing(7);
  await until(() => title(other), (shown) => shown !== before);
  await until(() => askers.has(other), Boolean);
  await context.close();
});

test("a tab that is hidden for an hour is silent, and asks once and at once when it is back", async () => {
  const { page, context, nothingUnderWay } = await listener(2);
  await hide(page, true);
  await nothingUnderWay();
  await demo.control("DELETE", "counts");
  await page.clock.runFor("01:00:00");
  assert.deepEqual(await counts(), {});
  await stopClock(page);
  await playing(8);
  const before = await page.locator("[data-card] .card-title").textContent();
  await hide(page, false);
  await until(() => page.locator("[data-card] .card-title").textContent(), (shown) => shown !== before);
  // With the clock standing nothing else is due.
  assert.equal((await counts()).player, 1);
  assert.equal((await page.locator("[data-notice]").textContent()).trim(), "");
  await context.close();
});

test("after half an hour without anybody the page pauses, until asked to go on", async () => {
  const { page, context, nothingUnderWay } = await listener(2);
  await page.clock.fastForward("31:00");
  await page.getByRole("button", { name: "Resume" }).waitFor();
  await nothingUnderWay();
  await demo.control("DELETE", "counts");
  await page.clock.runFor("10:00");
  assert.equal((await counts()).player ?? 0, 0);
  const label = page.locator("[data-label]");
  assert.equal(await label.textContent(), "When this page last asked");
  assert.equal(await page.locator("[data-bar]").isVisible(), false, "it claims to know how far the track is");
  await page.getByRole("button", { name: "Resume" }).click();
  await asked(1);
  await page.getByRole("button", { name: "Resume" }).waitFor({ state: "detached" });
  await until(() => label.textContent(), (text) => text === "Now playing");
  await context.close();
});
