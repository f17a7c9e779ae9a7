// Where a page's answers come from: Spotify and the auth proxy, or on the tour an invented
// listener, who answers alike. The page fetches whichever it is ahead of time.

/** Whether this is a page of the tour. */
export const touring = "tour" in document.body.dataset;

/** `get` asks Spotify, once; the others are the proxy's, see proxy.js. */
export const { get, session, sessionFile, restrict, erase } = await (touring ? import("./tour.js") : import("./live.js"));
