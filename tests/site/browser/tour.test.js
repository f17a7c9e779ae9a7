// The tour: every page without an account, without a login, and without anybody being asked.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { filled, logIn } from "../harness.js";
import { context, demo, page } from "../stage.js";

let elsewhere;

beforeEach(() => {
  elsewhere = [];
  context.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin !== demo.site || pathname.startsWith("/api/")) elsewhere.push(request.url());
  });
});

const follow = (name) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();

test("the first page leads into the tour, and every page of it is filled and marked", async () => {
  await page.goto("/");
  await page.getByRole("link", { name: "Take the tour" }).click();
  await page.waitForURL(/\/tour\/$/);
  elsewhere.length = 0;
  await page.locator("[data-card] .card-title").getByText("North by Nowhere").waitFor();
  assert.match(await page.locator("[data-elapsed]").textContent(), /^1:2\d$/);
  await filled(page);
  assert.equal(await page.locator("[data-recent] .row").count(), 50);
  for (const [name, path] of [["Top", "/tour/tracks/"], ["Account", "/tour/account/"], ["Data", "/tour/data/"]]) {
    await follow(name);
    await page.waitForURL((url) => url.pathname === path);
    await filled(page);
    assert.ok(await page.getByText("You are on the tour.").isVisible(), `${path} is not marked`);
  }
  assert.deepEqual(elsewhere, [], "somebody was asked");
});

test("the invented listener has allowed what a real one is asked for, and nobody claims the music", async () => {
  await page.goto("/");
  const asked = await page.locator(".reasons dt").allTextContents();
  await page.goto("/tour/data/");
  await filled(page);
  const allowed = (await page.locator('[data-value="scopes"]').textContent()).split("\n");
  assert.deepEqual(allowed.map((name) => `Read ${name[0].toLowerCase()}${name.slice(1)}`), asked);
  assert.equal(await page.getByText("come from Spotify").count(), 0);
});

test("covers are there, whole, and the site's own", async () => {
  await page.goto("/tour/tracks/");
  await filled(page);
  assert.equal(await page.locator("[data-list] .row").count(), 24);
  const covers = await page.locator("[data-list] .row img").evaluateAll((images) => Promise.all(images.map(async (image) => {
    image.loading = "eager";
    await image.decode();
    return { host: new URL(image.src).origin, square: image.clientWidth === image.clientHeight };
  })));
  assert.equal(covers.length, 24);
  for (const { host, square } of covers) assert.deepEqual({ host, square }, { host: demo.site, square: true });
});

test("ranges and lists differ, and the choice works as it does outside", async () => {
  await page.goto("/tour/tracks/");
  await filled(page);
  const names = () => page.locator("[data-list] .row-title").allTextContents();
  const middle = await names();
  await page.getByRole("link", { name: "4 weeks" }).click();
  await page.waitForURL(/range=4-weeks/);
  await filled(page);
  assert.notDeepEqual(await names(), middle);
  await page.getByRole("link", { name: "Artists" }).click();
  await page.waitForURL(/\/tour\/artists\//);
  await filled(page);
  assert.equal(await page.locator("[data-list] .row").count(), 12);
});

test("rights can be tried: restricted, lifted, erased, and forgotten with the page", async () => {
  await page.goto("/tour/data/");
  await filled(page);
  await page.getByRole("button", { name: "Restrict" }).click();
  await page.getByText("Restricted: your login is kept").waitFor();
  await page.getByRole("button", { name: "Lift the restriction" }).click();
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  await page.getByText("everything erased").waitFor();
  await page.reload();
  await filled(page);
  assert.ok(await page.locator("[data-held]").isVisible());
  assert.deepEqual(elsewhere, []);
});

test("leaving the tour's login ends nobody's real one", async () => {
  const real = await context.newPage();
  await logIn(real, "/account/");
  await filled(real);
  await page.goto("/tour/account/");
  await filled(page);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByText("everything erased").waitFor();
  await real.reload();
  await real.getByRole("heading", { name: "Robin Example" }).waitFor();
  assert.equal(await real.locator("html").getAttribute("data-session"), "in");
});
