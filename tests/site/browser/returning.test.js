// Pages that a visitor comes back to: after a gap in the network, and out of the browser's memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, logIn } from "../harness.js";
import { browser, context, demo, page } from "../stage.js";

/** As the browser tells a page that it has left, and come back out of its memory. */
const comeBack = () => page.evaluate(() => {
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
});

test("going offline is told at once, and no longer when it is over", async () => {
  await logIn(page, "/account/");
  await filled(page);
  await context.setOffline(true);
  await page.getByText("You are offline").waitFor();
  assert.ok(await page.getByRole("heading", { name: "Robin Example" }).isVisible(), "what was shown is gone");
  await context.setOffline(false);
  await page.getByText("You are offline").waitFor({ state: "detached" });
});

test("a page that comes back after the login has ended shows nobody", async () => {
  await logIn(page, "/account/");
  await filled(page);
  await context.clearCookies();
  await comeBack();
  await page.getByText("Log in to see this").waitFor();
  assert.equal(await page.getByText("Robin Example").count(), 0);
});

test("a page that comes back while the login lives stays as it was, and goes on", async () => {
  await logIn(page);
  await page.locator("[data-card] .card-title a").waitFor();
  await page.evaluate(() => { globalThis.same = true; });
  await demo.control("DELETE", "counts");
  const asked = page.waitForResponse((answer) => answer.url().endsWith("/api/session"));
  await comeBack();
  await asked;
  await page.waitForTimeout(1_500);
  assert.equal(await page.evaluate(() => globalThis.same), true, "the page was loaded anew");
  assert.ok((await demo.control("GET")).counts.player >= 1, "nobody asked what plays");
});

test("erasing is proved: the server is asked again and holds nothing", async () => {
  await logIn(page, "/data/");
  await filled(page);
  const reference = await page.locator('[data-value="reference"]').textContent();
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  const asked = page.waitForResponse((answer) =>
    answer.url().endsWith("/api/session") && answer.request().method() === "GET");
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  assert.deepEqual(await (await asked).json(), { logged_in: false });
  await page.getByText("it holds nothing for you any more").waitFor();
  assert.ok((await page.locator("[data-notice]").textContent()).includes(reference));
});

test("after erasing the keyboard is where the outcome stands", async () => {
  await logIn(page, "/data/");
  await filled(page);
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  await page.getByText("everything erased").waitFor();
  await page.waitForFunction(() => document.activeElement.matches("[data-notice]"));
});

for (const [path, name] of [["/account/", "Log out"], ["/data/", "Restrict"]]) {
  test(`"${name}" is tried three times, then by button`, async () => {
    await logIn(page, path);
    await filled(page);
    let tries = 0;
    const isAct = (request) => ["DELETE", "PATCH"].includes(request.method());
    await page.route("**/api/session", (route, request) => {
      if (!isAct(request)) return route.continue();
      tries += 1;
      return tries > 3 ? route.continue() : route.abort();
    });
    await page.getByRole("button", { name }).click();
    await page.getByText("Our login server does not answer").waitFor();
    assert.equal(tries, 3);
    assert.ok(await page.evaluate(() => document.activeElement.matches("[data-notice]")), "the notice is out of sight");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText(/everything erased|Restricted: your login is kept/).waitFor();
    assert.equal(await page.getByText("Our login server does not answer").count(), 0);
  });
}

test("a question that was still waiting when everything was erased is dropped", async () => {
  await logIn(page, "/data/");
  await demo.control("POST", "faults", { endpoint: "me", kind: "status", status: 429, times: 1 });
  await page.goto("/account/");
  await page.getByText("Spotify asks for a pause").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByText("everything erased").waitFor();
  // The pause before the first try again is four seconds at most.
  await page.waitForTimeout(5_500);
  assert.ok(await page.getByText("everything erased").isVisible(), "another notice took its place");
});

test("where the server cannot be asked again, nothing is claimed of it", async () => {
  await logIn(page, "/data/");
  await filled(page);
  await page.route("**/api/session", (route, request) =>
    request.method() === "GET" ? route.abort() : route.continue());
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  await page.getByText("everything erased").waitFor();
  await page.getByText("it holds nothing for you any more").waitFor({ state: "detached" });
});
