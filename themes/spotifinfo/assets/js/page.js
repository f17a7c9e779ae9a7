// What every page that shows something personal begins with: who is here, what to say if it is
// nobody, and how to ask Spotify.

import { make } from "./build.js";
import { blocked } from "./memory.js";
import { noticeIn } from "./notice.js";
import { untilAnswered } from "./retry.js";
import { get, session, touring } from "./source.js";

const root = document.documentElement;
const LOGIN = ["denied", "expired", "failed"];

/** The page's place for notices. */
export const notice = noticeIn(document.querySelector("[data-notice]"));

/** Asks Spotify until there is an answer; never again once nobody is logged in. */
export function answered(path) {
  return untilAnswered(() => (root.dataset.session === "out" ? new Promise(() => {}) : get(path)), notice);
}

/** A notice for somebody whose eyes are elsewhere on the page. */
const loud = Object.fromEntries(Object.entries(notice).map(([name, tell]) =>
  [name, ["show", "countdown"].includes(name) ? (...what) => { tell(...what); notice.focus(); } : tell]));

/** Does what the visitor pressed a button for, however often it has to be tried. */
export function done(act) {
  return untilAnswered(act, loud);
}

/** Runs `act` whenever `button` is pressed; the button waits meanwhile. */
export function onPress(button, act) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await act();
    } catch (trouble) {
      // What asking again cannot help stands in the notice already.
      if (!trouble?.kind) throw trouble;
    } finally {
      button.disabled = false;
    }
  });
}

const channel = globalThis.BroadcastChannel ? new BroadcastChannel("session") : null;

/** Marks the page as nobody's, and all other tabs' pages too. */
export function loggedOut() {
  root.dataset.session = "out";
  if (!touring) channel?.postMessage("ended");
}

if (!touring) {
  channel?.addEventListener("message", () => location.reload());
  // What another notice waits for comes first.
  addEventListener("offline", () => notice.empty() && notice.show("offline"));
  addEventListener("online", () => notice.clear("offline"));
  // A page out of the browser's memory may show somebody who has logged out since.
  addEventListener("pageshow", async ({ persisted }) => {
    const here = persisted && (await session().catch(() => null));
    if (here && here.logged_in !== (root.dataset.session === "in")) location.reload();
  });
}

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
  if (held.logged_in && !touring) greet(document.body.dataset.webApi);
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
