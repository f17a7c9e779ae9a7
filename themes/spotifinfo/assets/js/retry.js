// Asks until there is an answer, and tells the visitor meanwhile what keeps it away.

import { delay } from "./backoff.js";

/** Tries before a failing server is left to the visitor's own button. */
const TRIES = 3;

/**
 * @param {() => Promise<T>} load
 * @param {{show, clear, countdown, pressed}} notice where to tell; see notice.js
 * @param {{wait?, random?, backOnline?}} [world] what tests replace
 * @returns {Promise<T>} rejected where asking again cannot help: the notice then stays
 * @template T
 */
export async function untilAnswered(load, notice, world = {}) {
  const { wait = sleep, random = Math.random, backOnline = online } = world;
  let limited = 0;
  let failed = 0;
  for (;;) {
    try {
      const answer = await load();
      notice.clear();
      return answer;
    } catch (trouble) {
      switch (trouble.kind) {
        case "offline":
          notice.show("offline");
          await backOnline();
          break;
        case "rate_limited": {
          const seconds = delay(++limited + 1, trouble.after, random);
          notice.countdown("rate_limited", seconds);
          await wait(seconds * 1000);
          break;
        }
        case "proxy_down":
        case "spotify_down":
          failed += 1;
          if (failed % TRIES) {
            await wait(delay(failed, trouble.after, random) * 1000);
            break;
          }
          notice.show(trouble.kind);
          await notice.pressed();
          notice.clear();
          break;
        default:
          if (trouble.kind) notice.show(trouble.kind);
          throw trouble;
      }
    }
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function online() {
  if (navigator.onLine) return sleep(1000);
  return new Promise((resolve) => addEventListener("online", resolve, { once: true }));
}
