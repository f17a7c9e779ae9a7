// What every page that shows something personal begins with: who is here, what to say if it is
// nobody, and how to ask Spotify.

import { make } from "./build.js";
import { blocked } from "./memory.js";
import { noticeIn } from "./notice.js";
import { session, tokens } from "./proxy.js";
import { note } from "./requests.js";
import { untilAnswered } from "./retry.js";
import { spotifyClient } from "./spotify.js";

const root = document.documentElement;
const LOGIN = ["denied", "expired", "failed"];

/** The page's place for notices. */
export const notice = noticeIn(document.querySelector("[data-notice]"));

/** Asks Spotify, once. */
export const get = spotifyClient({
  base: document.body.dataset.webApi,
  tokens,
  fetch: (...request) => fetch(...request),
  online: () => navigator.onLine,
  now: () => performance.now(),
  note,
});

/** Asks Spotify until there is an answer. */
export function answered(path) {
  return untilAnswered(() => get(path), notice);
}

const channel = globalThis.BroadcastChannel ? new BroadcastChannel("session") : null;

/** Marks the page as nobody's, and with `tell` all other tabs' pages too. */
export function loggedOut(tell = true) {
  tokens.forget();
  root.dataset.session = "out";
  if (tell) channel?.postMessage("ended");
}

channel?.addEventListener("message", () => location.reload());

/** What came back with a login that did not work; the address forgets it. */
function loginNote() {
  const url = new URL(location.href);
  const login = url.searchParams.get("login");
  if (login === null) return null;
  url.searchParams.delete("login");
  history.replaceState(null, "", url);
  if (!LOGIN.includes(login)) return null;
  return login === "failed" && blocked() ? "cookies_blocked" : `login_${login}`;
}

/** Lets the browser connect to `origin` while a token for it is fetched; never before login. */
function greet(origin) {
  document.head.append(make("link", { rel: "preconnect", href: origin, crossOrigin: "anonymous" }));
}

/** What the proxy holds about the visitor, or null where nobody is logged in. */
export async function visitor() {
  const said = loginNote();
  if (said) notice.show(said);
  // What a login said must stay, whatever else there is to tell.
  const quiet = said ? { show() {}, clear() {}, countdown() {}, pressed: notice.pressed } : notice;
  const held = await untilAnswered(session, quiet);
  root.dataset.session = held.logged_in ? "in" : "out";
  if (held.logged_in) greet(document.body.dataset.webApi);
  if (held.logged_in) return held;
  if (!said) notice.show(blocked() ? "cookies_blocked" : "logged_out");
  return null;
}

/** Runs a page; what it could not do stands in its notice. */
export function run(fill) {
  visitor()
    .then((held) => held && fill(held))
    .catch((trouble) => {
      if (!trouble?.kind) throw trouble;
      root.dataset.over = "";
      if (root.dataset.session === "unknown") root.dataset.session = "out";
    });
}
