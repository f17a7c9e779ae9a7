// Journeys through the whole system, as a visitor makes them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, logIn, until } from "../harness.js";
import { browser, context, demo, page } from "../stage.js";

test("a visitor logs in and sees every page filled", async () => {
  const asked = [];
  context.on("request", (request) => asked.push(new URL(request.url()).origin));
  await page.goto("/");
  await filled(page);
  assert.deepEqual([...new Set(asked)], [demo.site], "somebody else was asked before login");
  const since = Date.now();
  await demo.control("POST", "player", { state: "playing", track: 0, progress: 60_000 });
  await logIn(page);
  await page.locator("[data-card] .card-title a").waitFor();
  const [minutes, seconds] = (await page.locator("[data-elapsed]").textContent()).split(":").map(Number);
  const passed = (Date.now() - since) / 1000;
  const shown = minutes * 60 + seconds - 60;
  assert.ok(shown >= 0 && shown <= passed + 1, `${shown} s of ${passed} s have passed`);
  await filled(page);
  assert.equal(await page.locator("[data-recent] .row").count(), 50);
  assert.match(await page.locator("[data-recent] h3").first().textContent(), /Today|Yesterday/);
  for (const [kind, count] of [["tracks", 50], ["artists", 30]]) {
    await page.goto(`/top/${kind}/`);
    await filled(page);
    assert.ok((await page.locator("[data-list] .row-title a").count()) >= count - 20);
  }
  await page.goto("/account/");
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
  assert.equal(await page.getByText("Email", { exact: true }).count(), 0, "a field that Spotify did not give");
  await page.goto("/data/");
  await filled(page);
  const held = await page.locator("[data-held]").textContent();
  assert.match(held, /Spotify.*Your current playback.*Your top artists and tracks/s);
  assert.doesNotMatch(held, /user-|\d{4}-\d\d-\d\d/, "something is not in words");
});

test("everything from Spotify links to Spotify", async () => {
  await logIn(page);
  await page.locator("[data-card] .card-title a").waitFor();
  const wild = await page.locator(".live a").evaluateAll((links) =>
    links.map((link) => link.hostname).filter((host) => host !== "open.spotify.com"));
  assert.deepEqual(wild, []);
  assert.ok(await page.locator(".live .spotify").isVisible());
});

test("the ring around a cover in focus is as large as the cover", async () => {
  for (const path of ["/", "/account/", "/top/tracks/"]) {
    await (path === "/" ? logIn(page) : page.goto(path));
    await filled(page);
    const gaps = await page.locator(".art-link").evaluateAll((links) =>
      links.map((link) => Math.abs(link.getBoundingClientRect().height - link.firstChild.getBoundingClientRect().height)));
    assert.ok(gaps.length && gaps.every((gap) => gap < 1), `${path}: ${gaps}`);
  }
});

test("the card takes on its cover's colour, and its text stays readable", async () => {
  await logIn(page);
  await page.locator(".card-art img").waitFor();
  const card = page.locator("[data-card]");
  await page.waitForFunction(() => document.querySelector("[data-card]").style.getPropertyValue("--tint-dark"));
  const ground = () => card.evaluate((element) => {
    element.style.transition = "none";
    return getComputedStyle(element).backgroundColor;
  });
  assert.notEqual(await ground(), "rgb(255, 255, 255)");
  await page.getByText("Dark", { exact: true }).click();
  assert.notEqual(await ground(), "rgb(29, 28, 26)");
});

test("the range changes without a reload, is kept, and back goes back", async () => {
  await logIn(page, "/top/tracks/");
  await filled(page);
  const names = () => page.locator("[data-list] .row-title").allTextContents();
  const middle = await names();
  await page.evaluate(() => { globalThis.same = true; });
  await page.getByRole("link", { name: "4 weeks" }).click();
  await page.waitForURL(/range=4-weeks/);
  await filled(page);
  const short = await names();
  assert.notDeepEqual(short, middle);
  await page.goBack();
  await until(names, (shown) => String(shown) === String(middle));
  await page.goForward();
  await until(names, (shown) => String(shown) === String(short));
  assert.equal(await page.evaluate(() => globalThis.same), true, "the page was loaded anew");
  await page.goto("/top/tracks/");
  await filled(page);
  assert.deepEqual(await names(), short);
  assert.equal(await page.locator('[data-range="4-weeks"]').getAttribute("aria-current"), "true");
});

test("the range changes where its transition is skipped, too", async () => {
  await page.addInitScript(() => {
    document.startViewTransition = (update) => {
      update();
      return { ready: Promise.reject(new DOMException("Transition was skipped", "AbortError")) };
    };
  });
  await logIn(page, "/top/tracks/");
  await filled(page);
  await page.getByRole("link", { name: "About a year" }).click();
  await page.waitForURL(/range=/);
  await filled(page);
  await page.locator("[data-list] .row-title a").first().waitFor();
});

test("the theme is chosen, kept, and there before the first paint", async () => {
  await page.goto("/privacy/");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByText("Dark", { exact: true }).click();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.goto("/account/", { waitUntil: "commit" });
  await page.locator("body").waitFor();
  assert.equal(await ground(), dark);
  await page.getByText("System", { exact: true }).click();
  assert.equal(await ground(), light);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
});

test("a reload stays logged in, and nothing about the visitor is in the browser's storage", async () => {
  await logIn(page);
  await page.reload();
  await page.locator("[data-card] .card-title").waitFor();
  await page.goto("/top/artists/");
  await filled(page);
  const kept = await page.evaluate(() => ({ ...localStorage, session: sessionStorage.length }));
  assert.deepEqual(kept, { range: "6-months", list: "artists", session: 0 });
  assert.equal(await page.evaluate(() => document.cookie), "", "scripts can read a cookie");
  const cookies = (await context.cookies(demo.site)).filter((cookie) => cookie.path === "/");
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]), [["state", true, "Strict"]]);
});

test("a login that is refused says so, and keeps nothing", async () => {
  const before = (await demo.control("GET")).refresh_tokens;
  await page.goto("/top/tracks/");
  await page.getByRole("link", { name: "Log in with Spotify" }).click();
  await page.locator("#refuse").click();
  await page.getByText("You did not log in").waitFor();
  assert.equal(new URL(page.url()).searchParams.has("login"), false);
  assert.equal((await context.cookies(demo.site)).some(({ name }) => name === "state"), false);
  assert.equal((await demo.control("GET")).refresh_tokens, before);
});

test("a login in a browser without cookies says that it needs them", async () => {
  await page.goto("/");
  await page.getByRole("link", { name: "Log in with Spotify" }).click();
  await page.locator("#approve").waitFor();
  await context.clearCookies();
  await page.locator("#approve").click();
  await page.getByText(/did not come back to this browser|Cookies are blocked/).waitFor();
});

test("erasing logs out, leaves no row, and tells where to remove the app", async () => {
  await logIn(page, "/data/");
  await filled(page);
  const state = (await context.cookies(demo.site)).find(({ name }) => name === "state");
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
  assert.equal((await (await page.request.get("/api/session")).json()).logged_in, true);
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  await page.getByText("everything erased").waitFor();
  const proof = await page.locator("[data-notice] time").evaluateAll((all) =>
    all.map((time) => [time.dateTime, time.textContent]));
  const [day, words] = proof[0];
  assert.equal(words, new Date(day).toLocaleDateString("en-US", { dateStyle: "long", timeZone: "UTC" }));
  assert.match(proof[1][1], /^\d+:\d\d/);
  assert.ok(await page.locator('[data-notice] a[href="https://www.spotify.com/account/apps/"]').isVisible());
  assert.equal(await page.locator("[data-held]").isVisible(), false);
  await context.addCookies([state]);
  const answer = await page.request.post("/api/token", { headers: { Origin: demo.site } });
  assert.equal(answer.status(), 401, "the old cookie still works");
});

test("what is held can be downloaded, restricted, and used again", async () => {
  await logIn(page, "/data/");
  await filled(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const file = JSON.parse(Buffer.concat(chunks));
  assert.equal(file.provider ?? file.session?.provider, "spotify");
  await page.getByRole("button", { name: "Restrict" }).click();
  await page.getByText("Restricted: your login is kept").waitFor();
  await page.goto("/account/");
  await page.getByText("Your data is restricted").waitFor();
  await page.goto("/data/");
  await page.getByRole("button", { name: "Lift the restriction" }).click();
  await page.getByText("The restriction is lifted.").waitFor();
  await page.goto("/account/");
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
});

test("logging out in one tab ends the others", async () => {
  await logIn(page, "/account/");
  const other = await context.newPage();
  await other.goto("/top/tracks/");
  await filled(other);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByText("everything erased").waitFor();
  await other.getByText("Log in to see this").waitFor();
  await page.getByRole("link", { name: "Log in again" }).click();
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
});

test("the keyboard alone is enough", async () => {
  /** Goes to what is called `name` by `tab`, and presses it. */
  const press = async (name, tab = "Tab") => {
    for (let tries = 0; tries < 120; tries += 1) {
      const label = await page.evaluate(() => document.activeElement?.textContent.trim());
      if (label === name) return page.keyboard.press("Enter");
      await page.keyboard.press(tab);
    }
    throw new Error(`no way to ${name} on ${page.url()}`);
  };
  const follow = async (name, path, tab) => {
    await press(name, tab);
    await page.waitForURL((url) => url.pathname === path);
    await filled(page);
  };
  await page.goto("/");
  await filled(page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  await press("Log in with Spotify");
  await page.waitForURL((url) => url.pathname === "/authorize");
  await press("Approve");
  await page.locator("[data-card] .card-title a").waitFor();
  const spoken = page.locator("[data-spoken]");
  assert.match(await spoken.textContent(), /^Now playing: /);
  assert.equal(await spoken.getAttribute("aria-live"), "polite");
  await follow("Top", "/top/tracks/");
  await press("About a year");
  await page.waitForURL(/range=year/);
  await filled(page);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-current")), "true");
  await follow("Data", "/data/", "Shift+Tab");
  const [download] = await Promise.all([page.waitForEvent("download"), press("Download")]);
  assert.match(download.suggestedFilename(), /\.json$/);
  await press("Erase");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await press("Erase");
  await page.locator("dialog[open]").waitFor();
  await press("Erase");
  await page.getByText("everything erased").waitFor();
});
