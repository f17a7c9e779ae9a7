// Back-off, token renewal, and asking again until there is an answer.

import assert from "node:assert/strict";
import { test } from "node:test";

const scripts = "../../../themes/spotifinfo/assets/js";
const { delay, LONGEST } = await import(`${scripts}/backoff.js`);
const { keepTokens } = await import(`${scripts}/tokens.js`);
const { untilAnswered } = await import(`${scripts}/retry.js`);
const { Trouble, retryAfter } = await import(`${scripts}/trouble.js`);

/** A clock that only waiting moves. */
function world() {
  let time = 0;
  return {
    now: () => time,
    wait: async (ms) => {
      time += ms;
    },
    pass: (ms) => {
      time += ms;
    },
  };
}

test("waits double, with jitter, and end at five minutes", () => {
  assert.equal(delay(1, 0, () => 1), 2);
  assert.equal(delay(3, 0, () => 1), 8);
  assert.equal(delay(3, 0, () => 0), 4);
  assert.equal(delay(40, 0, () => 1), LONGEST);
});

test("a wait is never shorter than asked for, nor longer than five minutes and a second", () => {
  assert.ok(delay(1, 90, () => 0) >= 90);
  assert.ok(delay(1, 86_400, () => 0.99) <= LONGEST + 1);
});

test("Retry-After is read as seconds, and nonsense as nothing", () => {
  const read = (value) => retryAfter(new Headers(value === null ? {} : { "Retry-After": value }));
  assert.deepEqual(["7", "-1", "soon", null].map(read), [7, 0, 0, 0]);
});

function keeper(lifetimes) {
  const { now, wait, pass } = world();
  const asked = [];
  const ask = async () => {
    asked.push(now());
    const next = lifetimes[Math.min(asked.length, lifetimes.length) - 1];
    if (next instanceof Error) throw next;
    return { access_token: `token ${asked.length}`, expires_in: next };
  };
  return { tokens: keepTokens({ ask, now, wait }), asked, pass };
}

test("many callers at once make one request", async () => {
  const { tokens, asked } = keeper([3600]);
  const all = await Promise.all([tokens.token(), tokens.token(), tokens.token()]);
  assert.deepEqual(all, ["token 1", "token 1", "token 1"]);
  assert.equal(asked.length, 1);
});

test("a token is renewed a minute before it ends, not sooner", async () => {
  const { tokens, asked, pass } = keeper([3600]);
  await tokens.token();
  pass(3_539_000);
  assert.equal(await tokens.token(), "token 1");
  pass(2_000);
  assert.equal(await tokens.token(), "token 2");
  assert.deepEqual(asked, [0, 3_541_000]);
});

test("a short token is renewed at half of its life", async () => {
  const { tokens, pass } = keeper([20]);
  await tokens.token();
  pass(9_000);
  assert.equal(await tokens.token(), "token 1");
  pass(2_000);
  assert.equal(await tokens.token(), "token 2");
});

test("a refused token is replaced, but nobody is asked twice within five seconds", async () => {
  const { tokens, asked, pass } = keeper([3600]);
  tokens.refused(await tokens.token());
  pass(1_000);
  assert.equal(await tokens.token(), "token 2");
  assert.deepEqual(asked, [0, 5_000]);
});

test("a token that somebody else replaced is not dropped for the old one's sake", async () => {
  const { tokens, asked, pass } = keeper([3600]);
  const old = await tokens.token();
  tokens.refused(old);
  pass(6_000);
  await tokens.token();
  tokens.refused(old);
  assert.equal(await tokens.token(), "token 2");
  assert.equal(asked.length, 2);
});

test("after a failed request the next call asks again", async () => {
  const { tokens } = keeper([new Error("down"), 3600]);
  await assert.rejects(tokens.token(), /down/);
  assert.equal(await tokens.token(), "token 2");
});

/** Answers `outcomes` in turn and writes down what was told. */
function asking(outcomes) {
  const told = [];
  const notice = {
    show: (name) => told.push(name),
    countdown: (name, seconds) => told.push(`${name} ${seconds}`),
    clear: () => told.push("clear"),
    pressed: async () => told.push("pressed"),
  };
  const load = async () => {
    const next = outcomes.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const { now, wait } = world();
  const answer = untilAnswered(load, notice, {
    wait,
    random: () => 1,
    backOnline: async () => told.push("back"),
  });
  return { answer, told, now };
}

test("a pause that was asked for is counted down and kept", async () => {
  const { answer, told, now } = asking([new Trouble("rate_limited", 30), "here"]);
  assert.equal(await answer, "here");
  assert.deepEqual(told, ["rate_limited 31", "clear"]);
  assert.equal(now(), 31_000);
});

test("rate limits without a figure make the waits longer each time", async () => {
  const again = () => new Trouble("rate_limited");
  const { answer, told } = asking([again(), again(), again(), "here"]);
  await answer;
  assert.deepEqual(told, ["rate_limited 4", "rate_limited 8", "rate_limited 16", "clear"]);
});

test("a server that is down is tried three times, then by button", async () => {
  const down = () => new Trouble("proxy_down");
  const { answer, told } = asking([down(), down(), down(), "here"]);
  assert.equal(await answer, "here");
  assert.deepEqual(told, ["proxy_down", "pressed", "clear", "clear"]);
});

test("offline waits until the browser is back", async () => {
  const { answer, told } = asking([new Trouble("offline"), "here"]);
  await answer;
  assert.deepEqual(told, ["offline", "back", "clear"]);
});

test("what asking again cannot help is told once and never retried", async () => {
  for (const kind of ["not_allowed", "login_required", "session_restricted", "quota"]) {
    const outcomes = [new Trouble(kind), "never asked for"];
    const { answer, told } = asking(outcomes);
    await assert.rejects(answer, { kind });
    assert.deepEqual(told, [kind]);
    assert.equal(outcomes.length, 1);
  }
});
