// How often Spotify is asked, by whom, and what happens when a token ends.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { filled, launch, logIn, startDemo, visitor } from "../harness.js";

let demo;
let browser;

before(async () => {
  demo = await startDemo("--token-lifetime", "8", "--rotate");
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const counts = async () => (await demo.control("GET")).counts;

test("tokens end and are renewed, and the page shows nothing of it", async () => {
  const { page, context, complaints } = await visitor(browser, demo.site);
  await logIn(page);
  await page.locator(".card-title").waitFor();
  await demo.control("DELETE", "counts");
  await page.waitForTimeout(14_000);
  const seen = await counts();
  assert.ok(seen.refresh >= 1, "no token was renewed");
  assert.ok(seen.player >= 2, "nobody asked what plays");
  assert.equal((await page.locator("[data-notice]").textContent()).trim(), "");
  assert.ok(await page.locator(".card-title").isVisible());
  assert.deepEqual(complaints, []);
  await context.close();
});

test("of two tabs one asks, and both show the track", async () => {
  const { page, context } = await visitor(browser, demo.site);
  await demo.control("POST", "player", { state: "playing", track: 5, progress: 1_000 });
  await logIn(page);
  const other = await context.newPage();
  await other.goto("/");
  await other.locator(".card-title").waitFor();
  await demo.control("DELETE", "counts");
  await page.waitForTimeout(11_000);
  const { player } = await counts();
  assert.ok(player >= 2 && player <= 3, `${player} questions in eleven seconds`);
  await demo.control("POST", "player", { state: "playing", track: 9, progress: 1_000 });
  const before = await page.locator(".card-title").textContent();
  await page.waitForTimeout(6_000);
  const after = await page.locator(".card-title").textContent();
  assert.notEqual(after, before);
  assert.equal(await other.locator(".card-title").textContent(), after);
  await context.close();
});

test("a hidden tab is silent and asks at once when it is back", async () => {
  const { page, context } = await visitor(browser, demo.site);
  await logIn(page);
  await page.locator(".card-title").waitFor();
  const show = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    Object.defineProperty(document, "visibilityState", { value: value ? "hidden" : "visible", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await show(true);
  await demo.control("DELETE", "counts");
  await page.waitForTimeout(7_000);
  assert.equal((await counts()).player ?? 0, 0);
  await show(false);
  await page.waitForTimeout(1_000);
  assert.equal((await counts()).player, 1);
  await context.close();
});

test("after half an hour without anybody the page pauses, until asked to go on", async () => {
  const { page, context } = await visitor(browser, demo.site);
  await page.addInitScript(() => {
    const real = performance.now.bind(performance);
    globalThis.later = 0;
    performance.now = () => real() + globalThis.later;
  });
  await demo.control("POST", "player", { state: "playing", track: 2, progress: 1_000 });
  await logIn(page);
  await page.locator(".card-title").waitFor();
  await page.evaluate(() => { globalThis.later = 31 * 60_000; });
  await page.getByRole("button", { name: "Resume" }).waitFor();
  await demo.control("DELETE", "counts");
  await page.waitForTimeout(6_000);
  assert.equal((await counts()).player ?? 0, 0);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.waitForTimeout(7_000);
  assert.ok((await counts()).player >= 1);
  await filled(page);
  await context.close();
});
