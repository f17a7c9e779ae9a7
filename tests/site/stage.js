// What most browser tests play on: one demo and one browser a file, and a fresh visitor a test, on
// whose pages nothing may happen that must not. Whoever imports this gets its hooks.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach } from "node:test";
import { launch, startDemo, visitor } from "./harness.js";

export let demo;
export let browser;
export let page;
export let context;
export let complaints;

before(async () => {
  demo = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

beforeEach(async () => {
  await demo.control("POST", "reset");
  ({ page, context, complaints } = await visitor(browser, demo.site));
});

afterEach(async () => {
  await context.close();
  assert.deepEqual(complaints, []);
});
