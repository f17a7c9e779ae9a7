// Unusual windows: low ones, large text, spaced text, the visitor's own colours, and paper.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGES, filled, logIn } from "../harness.js";
import { demo, page } from "../stage.js";

const tooWide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** What WCAG 2.2 lets a visitor set (1.4.12), and text of twice its size (1.4.4). */
const SETTINGS = {
  "spaced text": "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }",
  "large text": "html { font-size: 200% !important }",
};

for (const [name, rules] of Object.entries(SETTINGS)) {
  test(`${name} at 320 px does not scroll sideways`, async () => {
    await page.setViewportSize({ width: 320, height: 700 });
    await logIn(page);
    for (const [where, path] of Object.entries(PAGES)) {
      await page.goto(path);
      await filled(page);
      await page.evaluate((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        document.adoptedStyleSheets = [sheet];
      }, rules);
      assert.ok((await tooWide()) <= 0, `${where} scrolls sideways`);
    }
  });
}

for (const [width, height] of [[667, 375], [900, 500], [1280, 600]]) {
  test(`the whole card can be seen in a window of ${width} × ${height}`, async () => {
    await page.setViewportSize({ width, height });
    await logIn(page);
    await filled(page);
    await page.locator(".card-art img").evaluate((cover) => cover.scrollIntoView());
    const { high } = await page.locator(".card-art img").evaluate((cover) => ({ high: cover.clientHeight }));
    assert.ok(high <= height, `the cover is ${high} px high`);
    await page.locator("[data-card] .spotify").evaluate((logo) => logo.scrollIntoView({ block: "end" }));
    const bottom = await page.locator("[data-card] .spotify").evaluate((logo) => logo.getBoundingClientRect().bottom);
    assert.ok(bottom <= height + 1, `the card ends ${bottom - height} px below the window`);
  });
}

test("in the visitor's own colours what is chosen and how far the track is still show", async () => {
  await page.emulateMedia({ forcedColors: "active" });
  await logIn(page, "/top/tracks/");
  await filled(page);
  /** What is seen in the middle of a side of an element, as a picture's text. */
  const seen = async (selector, side) => {
    const { x, y, width, height } = await page.locator(selector).first().boundingBox();
    const clip = { x: side === "left" ? x + 6 : x + width - 8, y: y + height / 2 - 1, width: 2, height: 2 };
    return (await page.screenshot({ clip })).toString("base64");
  };
  const [chosen, other] = ["[aria-current]", ":not([aria-current])"].map((which) => `[data-range]${which}`);
  assert.notEqual(await seen(chosen, "left"), await seen(other, "left"), "the chosen range");
  const [theme, others] = [":checked", ":not(:checked)"].map((which) => `.themes input${which} + span`);
  assert.notEqual(await seen(theme, "left"), await seen(others, "left"), "the chosen theme");
  await demo.control("POST", "player", { state: "playing", track: 0, progress: 100_000 });
  await page.goto("/");
  await filled(page);
  assert.notEqual(await seen("[data-bar]", "left"), await seen("[data-bar]", "right"), "how far the track is");
});

test("on paper nothing lies over anything, and a list says what it is of", async () => {
  await logIn(page);
  await filled(page);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".day").first().evaluate((day) => getComputedStyle(day).position), "static");
  await page.goto("/top/tracks/?range=year");
  await filled(page);
  assert.ok(await page.getByText("About a year").isVisible(), "the range is missing");
  for (const hidden of ["4 weeks", "Artists"]) assert.equal(await page.getByText(hidden).isVisible(), false, hidden);
  assert.equal(await page.locator("[data-take]").isVisible(), false);
});
