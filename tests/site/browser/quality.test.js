// What every page must be: accessible in both themes and widths, valid, light, and its own size.
// FULL=1 looks at every state too; the short form at the usual ones.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { PAGES, filled, launch, logIn, startDemo, visitor } from "../harness.js";
import { FULL, record } from "../results.js";
import { STATES } from "../states.js";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const LOOKS = ["light", "dark"].flatMap((theme) => [320, 1280].map((width) => ({ theme, width })));
/** Kilobytes of brotli that a page may weigh. */
const BUDGET = { html: 6, css: 6, js: 12 };

let demo;
let browser;

before(async () => {
  demo = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const look = ({ theme, width }) => ({
  colorScheme: theme,
  viewport: { width, height: 800 },
  reducedMotion: "reduce",
});

/** What axe finds, in a line each; it runs beside the page's own policy. */
async function violations(page) {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
  const run = async (expression) => {
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression, contextId: executionContextId, awaitPromise: true, returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await run(`${axe}; undefined`);
  const options = JSON.stringify({ runOnly: { type: "tag", values: TAGS }, resultTypes: ["violations"] });
  const found = await run(`axe.run(document, ${options}).then((r) => r.violations.map((v) =>
    v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(", ")))`);
  await session.detach();
  return found;
}

const tooWide = (page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

async function judge(page, name) {
  assert.deepEqual(await violations(page), [], name);
  assert.equal(await tooWide(page), false, `${name} scrolls sideways`);
}

/** Keeps how much `judge` found nothing against. */
function judged(what, { theme, width }, count) {
  record("axe-core, WCAG 2.2 AA and best practice", ["what", "how many", "violations (0)"],
    [[`${what}, ${theme}, ${width} px`, count, 0]]);
}

for (const one of LOOKS) {
  test(`every page is accessible in ${one.theme} at ${one.width} px`, async () => {
    await demo.control("POST", "reset");
    const { page, context, complaints } = await visitor(browser, demo.site, look(one));
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(path);
      await filled(page);
      await judge(page, `${name}, logged out`);
    }
    await logIn(page);
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(path);
      await filled(page);
      await judge(page, `${name}, logged in`);
    }
    assert.deepEqual(complaints, []);
    await context.close();
    judged("pages, logged out and in", one, Object.keys(PAGES).length * 2);
  });
}

for (const one of FULL ? LOOKS : LOOKS.slice(0, 1)) {
  test(`every state is accessible in ${one.theme} at ${one.width} px`, async () => {
    for (const [name, reach] of Object.entries(STATES)) {
      await demo.control("POST", "reset");
      const { page, context } = await visitor(browser, demo.site, look(one));
      await reach({ page, demo, context });
      await judge(page, name);
      await context.close();
    }
    judged("states", one, Object.keys(STATES).length);
  });
}

/** Bytes of brotli that the page at `path` loads from the site itself, by kind. */
async function weigh(page, path) {
  const bodies = new Map();
  const listen = (answer) => {
    if (answer.url().startsWith(demo.site)) bodies.set(answer.url(), answer);
  };
  page.on("response", listen);
  await page.goto(path);
  await filled(page);
  await page.waitForTimeout(500);
  page.off("response", listen);
  const weight = { html: 0, css: 0, js: 0 };
  for (const answer of bodies.values()) {
    const type = answer.headers()["content-type"] ?? "";
    const kind = type.includes("html") ? "html" : type.includes("css") ? "css" : type.includes("javascript") ? "js" : null;
    if (kind) weight[kind] += brotliCompressSync(await answer.body()).length;
  }
  return weight;
}

test("every page is light", async () => {
  await demo.control("POST", "reset");
  const { page, context } = await visitor(browser, demo.site);
  await logIn(page);
  const session = await context.newCDPSession(page);
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const heavy = [];
  const rows = [];
  for (const [name, path] of Object.entries(PAGES)) {
    const weight = await weigh(page, path);
    rows.push([name, ...Object.keys(BUDGET).map((kind) => (weight[kind] / 1024).toFixed(1))]);
    for (const [kind, budget] of Object.entries(BUDGET)) {
      if (weight[kind] > budget * 1024) heavy.push(`${name}: ${weight[kind]} bytes of ${kind}`);
    }
    if (name !== "privacy" && name !== "missing") assert.ok(weight.js > 0, `${name}: no script was seen`);
  }
  record("Weight of a page, logged in, in KB of brotli", ["page", "HTML (6)", "CSS (6)", "JS (12)"], rows);
  assert.deepEqual(heavy, []);
  await context.close();
});

/** The pages that move what is already there too far, and how far. */
async function movements(page) {
  const far = [];
  for (const [name, path] of Object.entries(PAGES)) {
    await page.goto(path);
    await filled(page);
    await page.waitForTimeout(300);
    const shifted = await page.evaluate(() => globalThis.shifted);
    if (shifted > 0.02) far.push(`${name} shifts by ${shifted}`);
  }
  return far;
}

test("what is filled in, or is not for somebody logged out, moves nothing that is already there", async () => {
  await demo.control("POST", "reset");
  const { page, context } = await visitor(browser, demo.site, { viewport: { width: 390, height: 800 } });
  await page.addInitScript(() => {
    globalThis.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  assert.deepEqual(await movements(page), [], "logged out");
  await logIn(page);
  assert.deepEqual(await movements(page), [], "logged in");
  await context.close();
});

test("the card's frame is painted before home asks what plays", async () => {
  await demo.control("POST", "reset");
  const { page, context } = await visitor(browser, demo.site);
  await page.addInitScript(() => {
    let frames = 0;
    const count = () => {
      if (document.querySelector("[data-card] .waiting")?.checkVisibility()) frames += 1;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    const real = globalThis.fetch;
    globalThis.fetch = (...request) => {
      if (request[0] === "/api/token") globalThis.framesBefore ??= frames;
      return real(...request);
    };
  });
  await logIn(page);
  await filled(page);
  // A frame's callbacks run ahead of its painting: at the second, the first has been painted.
  assert.ok(await page.evaluate(() => globalThis.framesBefore) >= 2);
  await context.close();
});

for (const width of [320, 1280]) {
  test(`dialogs stand in the middle at ${width} px, with room beside them`, async () => {
    for (const name of ["taking", "confirm"]) {
      await demo.control("POST", "reset");
      const { page, context } = await visitor(browser, demo.site, look({ theme: "light", width }));
      await STATES[name]({ page, demo, context });
      const { left, right } = await page.locator("dialog[open]").evaluate((dialog) => {
        const box = dialog.getBoundingClientRect();
        return { left: box.left, right: innerWidth - box.right };
      });
      assert.ok(Math.abs(left - right) < 1 && left >= 8, `${name}: ${left} px before it, ${right} px after it`);
      await context.close();
    }
  });
}
