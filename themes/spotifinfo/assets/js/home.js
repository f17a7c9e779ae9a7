// The first page: what plays now, and what played recently.

import { cardIn } from "./card.js";
import { leadership } from "./leader.js";
import { answered, notice, run } from "./page.js";
import { nextAsk } from "./progress.js";
import { showRecent } from "./recent.js";
import { untilAnswered } from "./retry.js";
import { get, touring } from "./source.js";

const PLAYER = "/v1/me/player?additional_types=track,episode";
const RECENT = "/v1/me/player/recently-played?limit=50";
const IDLE = 30 * 60_000;
/** What tabs agree under; the tour's among themselves. */
const NAME = touring ? "tour" : "player";

/**
 * Settles once what stands on the page has been painted: an answer that comes within a frame
 * would hold the empty card up. A tab that nobody looks at paints nothing and does not wait.
 */
function painted() {
  return document.hidden ? null : new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
  });
}

/** Ends a round of questions without a word. */
const STOPPED = new Error("stopped");

run(async () => {
  // What is for those who are not logged in.
  document.querySelector(".welcome")?.remove();
  await painted();
  const card = cardIn(document.querySelector("[data-card]"));
  const recent = document.querySelector("[data-recent]");
  const channel = globalThis.BroadcastChannel ? new BroadcastChannel(NAME) : null;
  let last = null;
  let touched = performance.now();
  let over = false;

  const refresh = async () => showRecent(recent, await answered(RECENT));

  function receive(player, at) {
    last = { player, at };
    if (card.show(player, at)) refresh().catch(() => {});
  }

  function tell() {
    if (last) channel?.postMessage({ player: last.player, age: performance.now() - last.at });
  }

  async function ask(signal) {
    const player = await untilAnswered(() => {
      if (signal.aborted) throw STOPPED;
      return get(PLAYER);
    }, notice);
    if (signal.aborted) throw STOPPED;
    receive(player, performance.now());
    tell();
    return nextAsk(player);
  }

  function pause(ms, signal) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }

  async function lead(signal) {
    try {
      while (!signal.aborted) {
        if (performance.now() - touched > IDLE) return await rest();
        await pause(await ask(signal), signal);
      }
    } catch (trouble) {
      // What cannot be helped by asking again stands in the notice already.
      if (trouble !== STOPPED) over = true;
    }
  }

  async function rest() {
    leader.leave();
    notice.show("paused");
    await notice.pressed();
    notice.clear();
    touched = performance.now();
    leader.join();
  }

  const leader = leadership(NAME, lead);

  function attend() {
    if (over) return;
    if (document.hidden) return leader.leave();
    touched = performance.now();
    channel?.postMessage("hello");
    leader.join();
  }

  channel?.addEventListener("message", ({ data }) => {
    if (data === "hello") tell();
    else if (!document.hidden) receive(data.player, performance.now() - data.age);
  });
  for (const sign of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(sign, () => { touched = performance.now(); }, { passive: true });
  }
  document.addEventListener("visibilitychange", attend);
  addEventListener("pagehide", () => leader.leave());
  addEventListener("pageshow", (event) => event.persisted && attend());
  attend();
  await refresh();
});
