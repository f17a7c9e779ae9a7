// The built folder on other people's servers: a dumb one, and nginx over TLS with the proxy
// below the site's own /api/ or on a sibling host.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { NGINX, build, deploy, serveFiles } from "../deployment.js";
import { PAGES, launch, visitor } from "../harness.js";
import { grade } from "../observatory.js";
import { record } from "../results.js";
import { visit } from "../visit.js";

test("behind a dumb file server every page is there, with its own policy", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "site-"));
  const { server, site } = await serveFiles(build(path.join(folder, "dist")));
  const browser = await launch();
  try {
    const { page, complaints } = await visitor(browser, site);
    for (const [name, address] of Object.entries(PAGES)) {
      await page.goto(name === "missing" ? "/404.html" : address);
      await page.locator("h1").first().waitFor();
      const styled = await page.evaluate(() => getComputedStyle(document.body).margin);
      assert.equal(styled, "0px", `${name} has no style`);
    }
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Runs `check` in a deployment with a browser of its own. */
async function within(options, check) {
  const deployment = await deploy(options);
  const browser = await launch(...deployment.flags);
  try {
    await check(deployment, browser);
  } finally {
    await browser.close();
    await deployment.stop();
  }
}

async function wholeVisit({ site }, browser) {
  const { page, complaints } = await visitor(browser, site);
  return { asked: await visit(page), page, complaints };
}

async function headersOfEveryPage({ site, auth, ask }) {
  const rows = [];
  for (const [name, address] of Object.entries(PAGES)) {
    const origin = "https://stranger.example";
    const answer = await ask(site + address, { Origin: origin });
    assert.equal(answer.status, name === "missing" ? 404 : 200);
    const { grade: letter, score, rules } = grade(answer, { site, origin });
    rows.push([`${name}, proxy ${site === auth ? "below /api/" : "on a sibling"}`, score, letter]);
    assert.equal(letter, "A+", `${name} scores ${score}: ${JSON.stringify(rules)}`);
    assert.deepEqual(rules.filter(([modifier]) => modifier < 0), [], name);
  }
  record("Mozilla Observatory's rules on the served headers", ["page", "score", "grade (A+)"], rows);
}

test("on nginx, with the proxy below /api/, the whole visit passes", { skip: !NGINX && "no nginx" }, () =>
  within({}, async (deployment, browser) => {
    const { site, ask } = deployment;
    const { asked, page, complaints } = await wholeVisit(deployment, browser);
    assert.deepEqual(asked, [site], "somebody else was asked before login");
    assert.equal((await page.goto("/no/such/page")).status(), 404);
    assert.ok(await page.getByText("There is nothing here").isVisible());
    assert.deepEqual(complaints, []);
    await headersOfEveryPage(deployment);
    const html = await ask(`${site}/`, { "Accept-Encoding": "br, gzip" });
    assert.match(html.headers["content-encoding"][0], /^(br|gzip)$/);
    assert.equal(html.headers["cache-control"][0], "no-cache");
    assert.equal((await ask(`${site}/_headers`)).status, 404);
  }));

test("with the proxy on a sibling host, the whole visit passes", { skip: !NGINX && "no nginx" }, () =>
  within({ sibling: true }, async (deployment, browser) => {
    const { site, auth } = deployment;
    const { asked, page, complaints } = await wholeVisit(deployment, browser);
    assert.deepEqual(asked.toSorted(), [auth, site], "a stranger was asked before login");
    const state = (await page.context().cookies(auth)).find(({ name }) => name === "state");
    assert.equal(state, undefined, "the cookie outlived the erasure");
    assert.deepEqual(complaints, []);
    await headersOfEveryPage(deployment);
    const answer = await deployment.ask(`${auth}/api/session`, { Origin: "https://stranger.example" });
    assert.equal(answer.headers["access-control-allow-origin"], undefined, "a stranger may read it");
  }));
