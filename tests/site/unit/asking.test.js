// The Web API's client: each failure is named, and nothing is asked that must not be.

import assert from "node:assert/strict";
import { test } from "node:test";

const { spotifyClient } = await import("../../../themes/spotifinfo/assets/js/spotify.js");

/** A client whose answers come in turn; `calls` holds the tokens that it used. */
function client(answers, { online = true } = {}) {
  const calls = [];
  const refused = [];
  let time = 0;
  const get = spotifyClient({
    base: "https://api.test",
    tokens: { token: async () => `t${refused.length}`, refused: (token) => refused.push(token) },
    fetch: async (url, { headers }) => {
      calls.push(headers.Authorization);
      const next = answers.shift();
      if (next instanceof Error) throw next;
      return next;
    },
    online: () => online,
    now: () => time,
    note: () => {},
  });
  return { get, calls, refused, pass: (ms) => { time += ms; } };
}

const status = (code, body = null, headers = {}) => new Response(body, { status: code, headers });
const json = (value) => Response.json(value);

test("an answer comes back, and 204 as null", async () => {
  assert.deepEqual(await client([json({ a: 1 })]).get("/v1/me"), { a: 1 });
  assert.equal(await client([status(204)]).get("/v1/me/player"), null);
});

test("401 renews the token once, then asks to log in", async () => {
  const once = client([status(401), json({ ok: true })]);
  assert.deepEqual(await once.get("/v1/me"), { ok: true });
  assert.deepEqual(once.calls, ["Bearer t0", "Bearer t1"]);
  const twice = client([status(401), status(401), json({})]);
  await assert.rejects(twice.get("/v1/me"), { kind: "login_required" });
  assert.equal(twice.calls.length, 2);
});

test("failures have their names", async () => {
  const cases = [
    [status(403, "User not registered"), "not_allowed"],
    [status(500), "spotify_down"],
    [status(200, "{ half"), "spotify_down"],
    [status(429), "rate_limited"],
    [status(429, '{"error":{"reason":"QUOTA_EXCEEDED"}}'), "quota"],
    [new TypeError("Failed to fetch"), "rate_limited"],
  ];
  for (const [answer, kind] of cases) {
    await assert.rejects(client([answer]).get("/v1/me"), { kind });
  }
  await assert.rejects(client([new TypeError()], { online: false }).get("/v1/me"), { kind: "offline" });
});

test("while Spotify wants a pause, nothing is sent", async () => {
  const { get, calls, pass } = client([status(429, "", { "Retry-After": "30" }), json({ ok: true })]);
  await assert.rejects(get("/a"), { kind: "rate_limited", after: 30 });
  pass(29_000);
  await assert.rejects(get("/b"), { kind: "rate_limited", after: 1 });
  assert.equal(calls.length, 1);
  pass(1_001);
  assert.deepEqual(await get("/b"), { ok: true });
});
