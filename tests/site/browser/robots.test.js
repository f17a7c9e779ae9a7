// The check that a visitor is a person, as the proxy demands it where reCAPTCHA is configured. What
// Google serves and says is made up here; proxy, site and policy are the real ones.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { NGINX, deploy } from "../deployment.js";
import { launch, logIn, visitor } from "../harness.js";

/** In place of Google's script: the token says for whom and for what it was made. */
const SCRIPT = "globalThis.grecaptcha = { ready: (go) => go(), execute: async (key, { action }) => `${action} of ${key}` };";
const options = { skip: !NGINX && "no nginx" };

let verifier;
let deployment;
let browser;
let page;
let context;
let complaints;
/** What the verifier finds, and what it was asked. */
let score;
let asked;
/** What the browser wanted of Google. */
let wanted;

before(async () => {
  if (!NGINX) return;
  verifier = createServer(async (request, answer) => {
    let form = "";
    for await (const piece of request) form += piece;
    asked.push(Object.fromEntries(new URLSearchParams(form)));
    const found = { success: true, score, action: "token", hostname: "www.spotifinfo.example", challenge_ts: new Date().toISOString() };
    answer.end(JSON.stringify(found));
  }).listen(0, "127.0.0.1");
  await once(verifier, "listening");
  deployment = await deploy({ verifier: `http://127.0.0.1:${verifier.address().port}/siteverify` });
  browser = await launch(...deployment.flags);
});

after(async () => {
  await browser?.close();
  await deployment?.stop();
  verifier?.close();
});

beforeEach(async () => {
  if (!NGINX) return;
  await deployment.control("POST", "reset");
  [asked, wanted] = [[], []];
  ({ page, context, complaints } = await visitor(browser, deployment.site));
});

afterEach(async () => {
  await context?.close();
  assert.deepEqual(complaints ?? [], []);
});

/** Has Google's script served by `answer`. */
const google = (answer) => context.route("https://www.google.com/**", (route, request) => {
  wanted.push(request.url());
  return answer(route);
});
const served = (route) => route.fulfill({ contentType: "text/javascript", body: SCRIPT });

/**
 * Logs in, and asks for a token only after the one that the login brought is over: then it takes
 * a refresh, and for that the check.
 */
async function arrive() {
  await deployment.control("PATCH", "settings", { token_lifetime: 1 });
  await context.route("**/api/token", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await deployment.control("PATCH", "settings", { token_lifetime: 3600 });
    await route.continue();
  });
  await logIn(page, "/account/");
}

test("a person is let through by a check that runs by itself, after login and not before", options, async () => {
  score = 0.9;
  await google(served);
  await page.goto("/account/");
  await page.getByText("Log in to see this").waitFor();
  assert.deepEqual(wanted, [], "Google was asked before login");
  await arrive();
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
  assert.deepEqual(wanted, ["https://www.google.com/recaptcha/api.js?render=a-site-key"]);
  assert.deepEqual(asked, [{ secret: "a captcha secret", response: "token of a-site-key" }]);
});

test("who is taken for a robot is told so, and that it may be wrong", options, async () => {
  score = 0.1;
  await google(served);
  await arrive();
  await page.getByText("The check said that you may be a robot").waitFor();
  assert.equal(asked.length, 1, "the verifier was asked again");
  assert.equal(await page.getByText("Robin Example").count(), 0);
  score = 0.9;
  await page.reload();
  await page.getByRole("heading", { name: "Robin Example" }).waitFor();
});

for (const [name, answer] of [
  ["cannot be loaded", (route) => route.abort()],
  ["gives no token", (route) => route.fulfill({ contentType: "text/javascript", body: SCRIPT.replace(/`.*`/, "Promise.reject(null)") })],
]) {
  test(`where the check ${name}, the page says what to allow`, options, async () => {
    await google(answer);
    await arrive();
    await page.getByText("A check that you are a person is needed").waitFor();
    assert.deepEqual(asked, [], "the verifier was asked");
  });
}
