// Lighthouse's mobile figures for pages of a deployment, logged out and logged in.
//
// Its browser is one of its own, on a profile folder; a visitor logs in there first. Figures come
// from simulated throttling (a slow phone on a slow network), so they say what such a phone would
// see and depend on this machine only in part.

import { mkdirSync } from "node:fs";
import path from "node:path";
import * as chromeLauncher from "chrome-launcher";
import lighthouse from "lighthouse";
import { chromium } from "playwright-core";
import { CHROMIUM, FLAGS, logIn } from "./harness.js";

const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

/** A profile folder below `folder`; with `login` somebody is logged in there. */
export async function profile(deployment, folder, login) {
  const made = path.join(folder, login ? "in" : "out");
  mkdirSync(made);
  const context = await chromium.launchPersistentContext(made, {
    executablePath: CHROMIUM,
    args: [...FLAGS, ...deployment.flags],
    baseURL: deployment.site,
  });
  const page = context.pages()[0] ?? await context.newPage();
  if (login) await logIn(page);
  await context.close();
  return made;
}

/** A report of one visit; a visit that could not be recorded is made again, as Lighthouse asks. */
async function report(url, flags) {
  for (let tries = 1; ; tries += 1) {
    const { lhr } = await lighthouse(url, flags);
    if (!lhr.runtimeError) return lhr;
    if (tries === 5) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  }
}

/** @returns {Promise<object>} the four scores, from 0 to 100; LCP and TBT in milliseconds; CLS; what is below full */
async function once(url, port) {
  const flags = { port, output: "json", logLevel: "error", onlyCategories: CATEGORIES, ignoreStatusCode: true };
  const lhr = await report(url, flags);
  const scores = CATEGORIES.map((name) => [name, Math.round(lhr.categories[name].score * 100)]);
  const value = (name) => lhr.audits[name].numericValue;
  const weighed = CATEGORIES.slice(1).flatMap((name) => lhr.categories[name].auditRefs)
    .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1);
  return {
    ...Object.fromEntries(scores),
    lcp: value("largest-contentful-paint"),
    tbt: value("total-blocking-time"),
    cls: value("cumulative-layout-shift"),
    below: [...new Set(weighed.map(({ id }) => id))],
  };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The median of each figure over `runs` visits to `url` with a profile. */
export async function measure(deployment, userDataDir, url, runs) {
  const chrome = await chromeLauncher.launch({
    chromePath: CHROMIUM,
    userDataDir,
    logLevel: "silent",
    ignoreDefaultFlags: true,
    chromeFlags: [...FLAGS, ...deployment.flags],
  });
  try {
    const found = [];
    for (let run = 0; run < runs; run += 1) found.push(await once(url, chrome.port));
    const numbers = Object.keys(found[0]).filter((key) => key !== "below");
    const below = [...new Set(found.flatMap((one) => one.below))];
    return { ...Object.fromEntries(numbers.map((key) => [key, median(found.map((one) => one[key]))])), below };
  } finally {
    await chrome.kill();
  }
}
