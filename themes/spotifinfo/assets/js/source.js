// Where a page's answers come from: Spotify and the auth proxy, or on the tour an invented
// listener, who answers alike.

import * as proxy from "./proxy.js";
import { note } from "./requests.js";
import { spotifyClient } from "./spotify.js";

/** Whether this is a page of the tour. */
export const touring = "tour" in document.body.dataset;

function live() {
  const get = spotifyClient({
    base: document.body.dataset.webApi,
    tokens: proxy.tokens,
    fetch: (...request) => fetch(...request),
    online: () => navigator.onLine,
    now: () => performance.now(),
    note,
  });
  return { ...proxy, get };
}

/** `get` asks Spotify, once; the others are the proxy's, see proxy.js. */
export const { get, session, sessionFile, restrict, erase } = touring ? await import("./tour.js") : live();
