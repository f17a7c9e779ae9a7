// Lighthouse on the deployment that production has. The long form takes the median of five visits
// to every page, and what depends on time counts; the short form visits the first page once, and
// only what no slow machine can spoil counts.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { NGINX, deploy } from "../deployment.js";
import { PAGES } from "../harness.js";
import { measure, profile } from "../lighthouse.js";
import { FULL, record } from "../results.js";

/** PAGES=home,data measures those alone. */
const wanted = process.env.PAGES?.split(",") ?? (FULL ? Object.keys(PAGES) : ["home"]);
const RUNS = FULL ? 5 : 1;
const COLUMNS = ["page", "performance (100)", "accessibility (100)", "best practices (100)", "SEO (100)",
  "LCP (1500 ms)", "CLS (0.02)", "TBT (50 ms)"];

let deployment;
let folder;

before(async () => {
  if (!NGINX) return;
  deployment = await deploy();
  folder = mkdtempSync(path.join(tmpdir(), "lighthouse-"));
});

after(async () => {
  await deployment?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function judge(name, found) {
  const isMissing = name === "missing";
  const { accessibility, "best-practices": practices, seo, cls, below } = found;
  const told = JSON.stringify(found);
  assert.deepEqual([accessibility, practices, isMissing ? 100 : seo], [100, 100, 100], `${name}: ${below.join()}`);
  assert.ok(cls <= 0.02, `${name} moves: ${told}`);
  if (!FULL) return;
  assert.ok(found.performance >= 98, `${name}: ${told}`);
  assert.ok(found.lcp <= 1500 && found.tbt <= 50, `${name}: ${told}`);
}

for (const login of [false, true]) {
  test(`Lighthouse, logged ${login ? "in" : "out"}`, { skip: !NGINX && "no nginx" }, async (t) => {
    await deployment.control("POST", "player", { state: "playing", track: 0, progress: 60_000 });
    const visitor = await profile(deployment, folder, login);
    for (const name of wanted) {
      // The page itself: at an address that does not exist, the status alone is an error.
      const address = name === "missing" ? "/404.html" : PAGES[name];
      await t.test(name, async () => {
        const found = await measure(deployment, visitor, deployment.site + address, RUNS);
        const { performance, accessibility, "best-practices": practices, seo, lcp, cls, tbt } = found;
        t.diagnostic(`${name}: ${JSON.stringify(found)}`);
        record("Lighthouse, mobile, median of five", COLUMNS, [[`${name}, logged ${login ? "in" : "out"}`, performance,
          accessibility, practices, name === "missing" ? "exempt" : seo, Math.round(lcp), cls.toFixed(3), Math.round(tbt)]]);
        judge(name, found);
      });
    }
    if (login) assert.ok((await deployment.control("GET")).counts.player > 0 || !wanted.includes("home"), "nobody was logged in");
  });
}
