// The whole visit, from the first look to erasing, as every deployment and every browser that is
// not switched off altogether must allow it.

import assert from "node:assert/strict";
import { filled, logIn } from "./harness.js";

async function quiet(page) {
  await filled(page);
  assert.equal((await page.locator("[data-notice]").textContent()).trim(), "", `a notice on ${page.url()}`);
}

async function lists(page) {
  for (const kind of ["tracks", "artists"]) {
    await page.goto(`/top/${kind}/`);
    await quiet(page);
    await page.locator("[data-list] .row-title a").first().waitFor();
  }
  const names = () => page.locator("[data-list] .row-title").allTextContents();
  const before = (await names()).join();
  await page.getByRole("link", { name: "About a year" }).click();
  await page.waitForURL(/range=year/);
  await page.waitForFunction((shown) => {
    const rows = [...document.querySelectorAll("[data-list] .row-title")];
    return rows.length > 0 && rows.map((row) => row.textContent).join() !== shown;
  }, before);
  await quiet(page);
}

async function rights(page) {
  await page.goto("/data/");
  await quiet(page);
  const downloaded = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  assert.match((await downloaded).suggestedFilename(), /\.json$/);
  await page.getByRole("button", { name: "Restrict" }).click();
  await page.getByText("Restricted: your login is kept").waitFor();
  await page.getByRole("button", { name: "Lift the restriction" }).click();
  await page.getByText("The restriction is lifted.").waitFor();
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  await page.getByText("everything erased").waitFor();
}

/**
 * @param {import("playwright-core").Page} page of a visitor who is logged out
 * @returns {Promise<string[]>} the origins that were asked for anything before the login
 */
export async function visit(page) {
  const asked = new Set();
  const listen = (request) => asked.add(new URL(request.url()).origin);
  page.on("request", listen);
  await page.goto("/");
  await filled(page);
  page.off("request", listen);
  await logIn(page);
  await page.locator("[data-card] .card-title a").waitFor();
  await page.locator("[data-recent] .row-title a").first().waitFor();
  await quiet(page);
  await lists(page);
  await page.goto("/account/");
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
  await quiet(page);
  await rights(page);
  await page.goto("/account/");
  await page.getByText("Log in to see this").waitFor();
  return [...asked];
}
