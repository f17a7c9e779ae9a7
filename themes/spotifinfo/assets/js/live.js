// Spotify, and the auth proxy that lets the visitor's browser ask it.

import { tokens } from "./proxy.js";
import { note } from "./requests.js";
import { spotifyClient } from "./spotify.js";

export { erase, restrict, session, sessionFile } from "./proxy.js";

/** Asks Spotify, once. */
export const get = spotifyClient({
  base: document.body.dataset.webApi,
  tokens,
  fetch: (...request) => fetch(...request),
  online: () => navigator.onLine,
  now: () => performance.now(),
  note,
});
