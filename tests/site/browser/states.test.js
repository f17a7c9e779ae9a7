// Every state that is not the usual one, made to happen by the stand-in's faults.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGES, filled, logIn, visitor } from "../harness.js";
import { browser, context, demo, page } from "../stage.js";

const fault = (endpoint, kind, more = {}) => demo.control("POST", "faults", { endpoint, kind, ...more });

/** The page that shows `text`, once a visitor who is logged in opens it. */
async function sees(text, path = "/") {
  await logIn(page, path);
  await page.getByText(text).first().waitFor();
}

for (const [state, text] of [
  ["nothing", "Nothing is playing"],
  ["ad", "An advertisement"],
  ["private", "A private session"],
  ["unknown", "Spotify does not say what"],
]) {
  test(`the player's state "${state}" has its own words`, async () => {
    await demo.control("POST", "player", { state });
    await sees(text);
    assert.equal(await page.locator("[data-progress] progress").isVisible(), false);
    assert.equal(await page.locator("[data-card] .card-title a").count(), 0);
  });
}

test("an episode shows with its show", async () => {
  await demo.control("POST", "player", { state: "episode" });
  await logIn(page);
  await page.locator('[data-card][data-kind="episode"] .card-title a').waitFor();
  assert.ok(await page.locator(".card-from").textContent());
});

test("a local file shows without cover and without link", async () => {
  await demo.control("POST", "player", { state: "local" });
  await sees("A file of your own");
  assert.equal(await page.locator(".card-art img").count(), 0);
  assert.equal(await page.locator("[data-card] .card-title a").count(), 0);
});

test("a paused track is called paused and stands still", async () => {
  await demo.control("POST", "player", { state: "paused", track: 3, progress: 61_000 });
  await sees("Paused");
  await page.waitForTimeout(1500);
  assert.equal(await page.locator("[data-elapsed]").textContent(), "1:01");
});

test("an empty history says so in every list", async () => {
  await demo.control("PATCH", "settings", { empty_history: true });
  await sees("Nothing here yet");
  await page.goto("/top/tracks/");
  await page.getByText("Spotify does not know your favourites").waitFor();
});

test("who is not on the allow-list is told why, and Spotify is not asked again", async () => {
  await demo.control("PATCH", "settings", { allow_listed: false });
  await sees("Spotify does not let this account in yet", "/account/");
  const asked = (await demo.control("GET")).counts.me;
  await page.waitForTimeout(3000);
  assert.equal((await demo.control("GET")).counts.me, asked);
});

test("a rate limit keeps what is shown, counts down, and goes on by itself", async () => {
  await logIn(page, "/top/tracks/");
  await filled(page);
  await fault("top_tracks", "status", { status: 429, retry_after: "6", times: 1 });
  await page.getByRole("link", { name: "4 weeks" }).click();
  await page.getByText("Spotify asks for a pause").waitFor();
  assert.match(await page.locator("[data-countdown]").textContent(), /^\d s$/);
  assert.ok((await page.locator("[data-list] .row").count()) > 20, "the list was taken away");
  await page.getByText("Spotify asks for a pause").waitFor({ state: "detached" });
  await filled(page);
});

test("a rate limit that looks like a broken network counts as one", async () => {
  await fault("me", "status", { status: 429, without_cors: true, times: 1 });
  await sees("Spotify asks for a pause", "/account/");
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
});

test("offline is told, and the page goes on by itself", async () => {
  await logIn(page, "/top/tracks/");
  await filled(page);
  await context.setOffline(true);
  await page.getByRole("link", { name: "4 weeks" }).click();
  await page.getByText("You are offline").waitFor();
  const shown = page.locator("[data-range][aria-current]");
  assert.equal(await shown.textContent(), "6 months", "the list is said to be another");
  await context.setOffline(false);
  await page.getByText("You are offline").waitFor({ state: "detached" });
  await filled(page);
  assert.equal(await shown.textContent(), "4 weeks");
});

test("a login that Spotify ended is told, and logging in comes back to the page", async () => {
  await logIn(page, "/top/tracks/");
  await demo.control("POST", "revoke");
  await page.goto("/account/");
  const again = page.getByRole("link", { name: /Log in (again|with Spotify)/ }).first();
  await again.waitFor();
  await again.click();
  await page.locator("#approve").click();
  await page.waitForURL((url) => url.pathname === "/account/");
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
});

test("logging in on a list comes back to the list, with the range that was asked for", async () => {
  await page.goto("/top/artists/?range=year");
  await page.getByRole("link", { name: "Log in with Spotify" }).click();
  await page.locator("#approve").click();
  await page.waitForURL((url) => url.pathname === "/top/artists/");
  await filled(page);
  assert.equal(new URL(page.url()).searchParams.get("range"), "year");
  assert.equal(await page.locator('[data-range="year"]').getAttribute("aria-current"), "true");
});

test("Spotify is tried three times, then by button", async () => {
  await fault("me", "status", { status: 500 });
  await sees("Spotify does not answer", "/account/");
  assert.equal((await demo.control("GET")).counts.me, 3);
  await demo.control("DELETE", "faults");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
  assert.equal(await page.getByText("Spotify does not answer").count(), 0);
});

test("the login server is tried three times, then by button", async () => {
  await page.route("**/api/session", (route) => route.abort());
  await page.goto("/account/");
  await page.getByText("Our login server does not answer").waitFor();
  await page.unroute("**/api/session");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Log in to see this").waitFor();
});

for (const reducedMotion of ["no-preference", "reduce"]) {
  test(`the way in shows before anybody knows who is there (motion: ${reducedMotion})`, async () => {
    const waiting = await visitor(browser, demo.site, { reducedMotion });
    await waiting.page.route("**/api/session", () => {});
    await waiting.page.goto("/");
    await waiting.page.getByRole("link", { name: "Log in with Spotify" }).waitFor();
    await waiting.page.goto("/data/");
    await waiting.page.getByText("What is kept, and why").waitFor();
    await waiting.context.close();
  });
}

test("a login that came too late, or failed, says so", async () => {
  for (const [login, text] of [["expired", "That took a little long"], ["failed", "did not come back to this browser"]]) {
    await page.goto(`/?login=${login}`);
    await page.getByText(text).waitFor();
    await filled(page);
    assert.ok(await page.getByText(text).isVisible(), "the notice did not stay");
  }
  await page.goto("/?login=%3Cb%3Eelse");
  await filled(page);
  assert.equal((await page.locator("[data-notice]").textContent()).trim().includes("else"), false);
});

test("without scripts the policy, what is kept and the way in can be read", async () => {
  const plain = await visitor(browser, demo.site, { javaScriptEnabled: false });
  await plain.page.goto("/");
  assert.ok(await plain.page.getByRole("link", { name: "Log in with Spotify" }).isVisible());
  await plain.page.goto("/privacy/");
  assert.ok(await plain.page.getByRole("heading", { name: "GDPR Data Protection Rights" }).isVisible());
  await plain.page.goto("/data/");
  assert.ok(await plain.page.getByText("What is kept, and why").isVisible());
  assert.equal(await plain.page.locator("[data-erase]").isVisible(), false);
  await plain.context.close();
});

test("without scripts every page that needs them says so, and none waits for what never comes", async () => {
  const plain = await visitor(browser, demo.site, { javaScriptEnabled: false });
  for (const [name, address] of Object.entries(PAGES)) {
    await plain.page.goto(address);
    const complete = name === "privacy" || name === "missing";
    assert.equal(await plain.page.getByText("needs scripts").isVisible(), !complete, name);
    for (const waiting of ["[aria-busy]", ".line", "button", "[data-range]", "input"]) {
      for (const part of await plain.page.locator(waiting).all()) {
        assert.equal(await part.isVisible(), false, `${name} shows ${waiting}`);
      }
    }
  }
  await plain.context.close();
});

test("what does not exist is named", async () => {
  const answer = await page.goto("/no/such/page");
  assert.equal(answer.status(), 404);
  assert.ok(await page.getByText("/no/such/page").isVisible());
});

test("the addresses of before still lead where they led", async () => {
  for (const [from, to] of [["/top_tracks", "/top/tracks/"], ["/top_artists", "/top/artists/"]]) {
    await page.goto(from);
    await page.waitForURL((url) => url.pathname === to);
  }
});
