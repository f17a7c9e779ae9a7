// What this page has asked for, so that the page about data can show it. In memory only.

const listeners = new Set();

/** The newest last, at most a hundred. */
export const requests = [];

/** @param {number} status 0 where no answer came */
export function note(method, target, status) {
  const [path] = target.split("?");
  requests.push({ method, path, status, at: new Date() });
  if (requests.length > 100) requests.shift();
  for (const tell of listeners) tell();
}

/** Calls `tell` after each request from now on. */
export function onRequest(tell) {
  listeners.add(tell);
}
