// The grade of served headers, worst to best.

import assert from "node:assert/strict";
import { test } from "node:test";
import { grade } from "../observatory.js";

const site = "https://www.example";
const STRICT = {
  "content-security-policy": ["default-src 'none'; script-src 'self'; frame-ancestors 'none'"],
  "strict-transport-security": ["max-age=63072000"],
  "x-frame-options": ["DENY"],
  "referrer-policy": ["strict-origin-when-cross-origin"],
  "cross-origin-resource-policy": ["same-origin"],
  "x-content-type-options": ["nosniff"],
};
const HTML = '<script src="/a.js" integrity="sha256-x"></script>';
const graded = (more, body = HTML, asked = {}) =>
  grade({ headers: { ...STRICT, ...more }, body }, { site, ...asked });

test("nothing at all is a D, everything an A+", () => {
  const none = grade({ headers: {}, body: "" }, { site });
  assert.deepEqual([none.score, none.grade], [30, "D"]);
  assert.deepEqual([graded({}).score, graded({}).grade], [135, "A+"]);
});

const [CSP, HSTS, FRAMES, REFERRER, RESOURCES, TYPES, SCRIPTS, COOKIES] = Array(8).keys();

for (const [name, rule, more, modifier] of [
  ["inline scripts", CSP, { "content-security-policy": ["default-src 'self' 'unsafe-inline'"] }, -20],
  ["scripts from anywhere", CSP, { "content-security-policy": ["script-src https:; object-src 'none'"] }, -20],
  ["objects from anywhere", CSP, { "content-security-policy": ["script-src 'self'"] }, -20],
  ["eval", CSP, { "content-security-policy": ["default-src 'self' 'unsafe-eval'"] }, -10],
  ["active content over plain HTTP", CSP, { "content-security-policy": ["default-src 'none'; connect-src http://a.example"] }, -20],
  ["pictures over plain HTTP", CSP, { "content-security-policy": ["default-src 'none'; img-src http://a.example"] }, -10],
  ["no policy", CSP, { "content-security-policy": undefined }, -25],
  ["an open default", CSP, { "content-security-policy": ["default-src 'self'"] }, 5],
  ["a short life of HTTPS", HSTS, { "strict-transport-security": ["max-age=86400"] }, -10],
  ["two lives of HTTPS", HSTS, { "strict-transport-security": ["max-age=63072000", "max-age=1"] }, -20],
  ["frames for anybody", FRAMES, { "x-frame-options": ["nonsense"], "content-security-policy": ["default-src 'none'"] }, -20],
  ["whole referrers", REFERRER, { "referrer-policy": ["unsafe-url"] }, -5],
  ["resources for anybody", RESOURCES, { "cross-origin-resource-policy": ["cross-origin"] }, 0],
  ["guessed types", TYPES, { "x-content-type-options": ["no"] }, -5],
  ["a cookie that scripts read", COOKIES, { "set-cookie": ["a=b; Secure; SameSite=Lax"] }, -30],
  ["a cookie over plain HTTP", COOKIES, { "set-cookie": ["a=b; HttpOnly"] }, -40],
  ["a cookie that goes everywhere", COOKIES, { "set-cookie": ["a=b; HttpOnly; Secure"] }, 0],
  ["a private cookie", COOKIES, { "set-cookie": ["a=b; HttpOnly; Secure; SameSite=Strict"] }, 5],
]) {
  test(`${name}: ${modifier}`, () => assert.equal(graded(more).rules[rule][0], modifier));
}

test("a bad rule takes the bonuses with it", () => {
  assert.equal(graded({ "strict-transport-security": undefined }).score, 80);
  assert.equal(graded({ "strict-transport-security": undefined }).grade, "B+");
});

test("a stranger's script needs integrity, and any script is better with it", () => {
  const modifier = (html) => graded({}, html).rules[SCRIPTS][0];
  assert.equal(modifier('<script src="https://cdn.example/a.js"></script>'), -5);
  assert.equal(modifier('<script src="https://cdn.example/a.js" integrity="sha256-x"></script>'), 5);
  assert.equal(modifier('<script src="/a.js"></script>'), 0);
  assert.equal(modifier("<p>none</p>"), 0);
});

test("an origin that is sent back with credentials is the end of it", () => {
  const origin = "https://evil.example";
  const headers = { "access-control-allow-origin": [origin], "access-control-allow-credentials": ["true"] };
  assert.equal(graded(headers, HTML, { origin }).score, 50);
  assert.equal(graded(headers, HTML, { origin: "https://other.example" }).grade, "A+");
});
