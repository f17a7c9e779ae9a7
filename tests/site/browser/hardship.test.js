// The whole visit in browsers that make it hard, and on connections that come and go.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { CHROMIUM, FLAGS, filled, logIn, until, visitor } from "../harness.js";
import { browser, context, demo, page } from "../stage.js";
import { visit } from "../visit.js";

const DAY = 86_400_000;

test("with a full storage the whole visit passes, and nothing is remembered", async () => {
  await page.addInitScript(() => {
    for (const name of ["getItem", "setItem", "removeItem"]) {
      Storage.prototype[name] = () => { throw new DOMException("full", "QuotaExceededError"); };
    }
  });
  await visit(page);
  await page.getByText("Dark", { exact: true }).click();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.reload();
  assert.equal(await page.locator("html").getAttribute("data-theme"), null);
});

for (const [name, off] of [["fast", DAY], ["slow", -DAY]]) {
  test(`with a clock that is a day ${name} the whole visit passes, and the track is where it is`, async () => {
    await context.clock.install({ time: Date.now() + off });
    await visit(page);
    await demo.control("POST", "player", { state: "playing", track: 4, progress: 61_000 });
    await logIn(page);
    await page.locator("[data-card] .card-title a").waitFor();
    assert.match(await page.locator("[data-elapsed]").textContent(), /^1:/);
  });
}

test("on slow 3G the whole visit passes", async () => {
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const bytes = 50_000;
  await session.send("Network.emulateNetworkConditions", {
    offline: false, latency: 400, downloadThroughput: bytes, uploadThroughput: bytes,
  });
  await visit(page);
});

/** A browser whose settings block every cookie, and with them every storage. */
async function withoutCookies(check) {
  const folder = mkdtempSync(path.join(tmpdir(), "no-cookies-"));
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  mkdirSync(path.join(folder, "Default"));
  writeFileSync(path.join(folder, "Default", "Preferences"), JSON.stringify(settings));
  const strict = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM, args: FLAGS, baseURL: demo.site,
  });
  const errors = [];
  strict.on("weberror", (error) => errors.push(`${error.error()}`));
  try {
    await check(await strict.newPage());
    assert.deepEqual(errors, []);
  } finally {
    await strict.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("with cookies blocked every page says so, and what is for everybody can be read", () =>
  withoutCookies(async (blocked) => {
    for (const address of ["/", "/account/", "/top/tracks/", "/data/"]) {
      await blocked.goto(address);
      await blocked.getByText("Cookies are blocked", { exact: true }).waitFor();
    }
    assert.ok(await blocked.getByText("What is kept, and why").isVisible());
    await blocked.goto("/privacy/");
    assert.ok(await blocked.getByRole("heading", { name: "GDPR Data Protection Rights" }).isVisible());
    await blocked.getByText("Dark", { exact: true }).click();
    assert.equal(await blocked.locator("html").getAttribute("data-theme"), "dark");
  }));

test("with cookies blocked a login ends with the reason, and keeps nothing", () =>
  withoutCookies(async (blocked) => {
    const { refresh_tokens: before } = await demo.control("GET");
    await blocked.goto("/api/login?return_to=/account/");
    await blocked.locator("#approve").click();
    await blocked.getByText("Cookies are blocked", { exact: true }).waitFor();
    assert.equal((await demo.control("GET")).refresh_tokens, before);
  }));

test("what plays goes on by itself after a time offline", async () => {
  await demo.control("POST", "player", { state: "playing", track: 4, progress: 1_000 });
  await logIn(page);
  await page.locator("[data-card] .card-title a").waitFor();
  await filled(page);
  const title = () => page.locator("[data-card] .card-title").textContent();
  const before = await title();
  await context.setOffline(true);
  await page.getByText("You are offline").waitFor();
  assert.equal(await title(), before, "what was shown is gone");
  await demo.control("POST", "player", { state: "playing", track: 6, progress: 1_000 });
  await context.setOffline(false);
  await until(title, (shown) => shown !== before);
  await page.getByText("You are offline").waitFor({ state: "detached" });
});

test("a page that comes back out of the browser's cache goes on", async () => {
  const kept = await chromium.launch({
    executablePath: CHROMIUM, args: FLAGS, ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  try {
    const back = await visitor(kept, demo.site);
    await demo.control("POST", "player", { state: "playing", track: 4, progress: 1_000 });
    await logIn(back.page);
    await back.page.locator("[data-card] .card-title a").waitFor();
    await filled(back.page);
    const before = await back.page.locator("[data-card] .card-title").textContent();
    await back.page.evaluate(() => {
      globalThis.sameDocument = true;
      addEventListener("pageshow", (event) => { globalThis.restored = event.persisted; });
    });
    await back.page.getByRole("link", { name: "Privacy policy" }).last().click();
    await back.page.getByRole("heading", { name: "GDPR Data Protection Rights" }).waitFor();
    await demo.control("POST", "player", { state: "playing", track: 6, progress: 1_000 });
    await back.page.evaluate(() => history.back());
    const state = () => back.page.evaluate(() => ({
      path: location.pathname, restored: globalThis.restored, sameDocument: globalThis.sameDocument,
      why: performance.getEntriesByType("navigation")[0]?.notRestoredReasons,
    })).catch(() => ({}));
    const { why, ...found } = await until(state, ({ path: at }) => at === "/");
    assert.deepEqual(found, { path: "/", restored: true, sameDocument: true }, JSON.stringify(why));
    await until(() => back.page.locator("[data-card] .card-title").textContent(), (shown) => shown !== before);
    assert.deepEqual(back.complaints, []);
  } finally {
    await kept.close();
  }
});
