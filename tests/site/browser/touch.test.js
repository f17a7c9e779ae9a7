// What a finger meets on a small phone: room for it, and lines that do not begin with a comma.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { PAGES, filled, logIn, visitor } from "../harness.js";
import { browser, demo } from "../stage.js";

const PHONE = { viewport: { width: 320, height: 700 }, hasTouch: true, isMobile: true };

let phone;

beforeEach(async () => {
  phone = await visitor(browser, demo.site, PHONE);
});

/** What can be pressed and gives a finger less than 44 px from top to bottom, a line each. */
const tooLow = (page) => page.evaluate(() => {
  // A link in a sentence, or one of several names, is as high as its line (WCAG 2.2, 2.5.8: the
  // exception "inline").
  const isInSentence = (element) => {
    const text = element.closest("p, li:not(.row), dd, figcaption");
    return text && text.textContent.trim().length > element.textContent.trim().length;
  };
  const reach = (element, x, y, step) => {
    let far = 0;
    while (far < 44 && element.contains(document.elementFromPoint(x, y + step * (far + 1)))) far += 1;
    return far;
  };
  const height = (element) => {
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height: high } = element.getClientRects()[0];
    const [x, y] = [left + width / 2, top + high / 2];
    return reach(element, x, y, -1) + 1 + reach(element, x, y, 1);
  };
  return [...document.querySelectorAll("a, button, .themes label")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches(".skip"))
    .filter((element) => !isInSentence(element))
    .map((element) => [element, height(element)])
    .filter(([, high]) => high < 44)
    .map(([element, high]) => `${high} px: ${element.className} ${element.textContent.trim()} in ${element.parentElement.className}`);
});

for (const login of [false, true]) {
  test(`whatever can be pressed is 44 px high, logged ${login ? "in" : "out"}`, async () => {
    const { page, context } = phone;
    if (login) await logIn(page);
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(path);
      await filled(page);
      assert.deepEqual(await tooLow(page), [], name);
    }
    await context.close();
  });
}

test("no line of artists begins with a comma", async () => {
  const { page, context } = phone;
  await logIn(page);
  for (const path of ["/", "/top/tracks/"]) {
    await page.goto(path);
    await filled(page);
    const { commas, orphans } = await page.evaluate(() => {
      const found = [...document.querySelectorAll(".row-by .joined, .card-by .joined")].map((joined) => {
        const comma = new Range();
        comma.selectNodeContents(joined.lastChild);
        const { right, bottom } = [...joined.firstChild.getClientRects()].at(-1);
        const at = comma.getBoundingClientRect();
        return at.left >= right - 1 && at.bottom <= bottom + 4;
      });
      return { commas: found.length, orphans: found.filter((stays) => !stays).length };
    });
    assert.ok(commas > 3 || path === "/", "hardly any comma was seen");
    assert.equal(orphans, 0, `${path}: a comma stands alone`);
  }
  await context.close();
});
