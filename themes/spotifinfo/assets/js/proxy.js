// The auth proxy: whether somebody is logged in, what it holds about them, and access tokens.

import { note } from "./requests.js";
import { keepTokens } from "./tokens.js";
import { Trouble, retryAfter } from "./trouble.js";

const origin = document.body.dataset.auth;
const credentials = origin ? "include" : "same-origin";

const FORBIDDEN = ["session_restricted", "captcha_required", "captcha_failed"];

async function call(method, path, json) {
  const options = { method, credentials, cache: "no-store" };
  if (json) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(json);
  }
  try {
    const answer = await fetch(origin + path, options);
    note(method, path, answer.status);
    return answer;
  } catch {
    note(method, path, 0);
    throw new Trouble(navigator.onLine ? "proxy_down" : "offline");
  }
}

async function trouble(answer) {
  const after = retryAfter(answer.headers);
  if (answer.status === 401) return new Trouble("login_required");
  if (answer.status === 429) return new Trouble("rate_limited", after);
  if (answer.status === 403) {
    const { error } = await answer.json().catch(() => ({}));
    if (FORBIDDEN.includes(error)) return new Trouble(error);
  }
  return new Trouble("proxy_down", after);
}

async function body(answer) {
  if (!answer.ok) throw await trouble(answer);
  return answer.json().catch(() => {
    throw new Trouble("proxy_down");
  });
}

/** What is held: `{logged_in: false}`, or provider, scopes and dates. */
export async function session() {
  return body(await call("GET", "/api/session"));
}

/** The same as a file's text. */
export async function sessionFile() {
  const answer = await call("GET", "/api/session?download");
  if (!answer.ok) throw await trouble(answer);
  return answer.text();
}

/** While restricted, what is held is kept and not used. */
export async function restrict(restricted) {
  const answer = await call("PATCH", "/api/session", { restricted });
  if (!answer.ok) throw await trouble(answer);
  tokens.forget();
}

/** Logs out and erases everything that is held. */
export async function erase() {
  const answer = await call("DELETE", "/api/session");
  if (!answer.ok) throw await trouble(answer);
  tokens.forget();
}

async function ask() {
  try {
    return await body(await call("POST", "/api/token"));
  } catch (error) {
    const key = document.body.dataset.captcha;
    if (error.kind !== "captcha_required" || !key) throw error;
    const { proveHuman } = await import("./captcha.js");
    const recaptcha_token = await proveHuman(key);
    return body(await call("POST", "/api/token", { recaptcha_token }));
  }
}

/** The one keeper of this page's access token. */
export const tokens = keepTokens({
  ask,
  now: () => performance.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});
