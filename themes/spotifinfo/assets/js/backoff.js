// How long to wait before asking again.

/** The longest wait, in seconds. */
export const LONGEST = 300;

/**
 * Seconds before try number `attempt` + 1: doubling from two, up to five minutes, with jitter so
 * that not everybody comes back at once, and never sooner than asked for.
 */
export function delay(attempt, after = 0, random = Math.random) {
  const backoff = Math.min(LONGEST, 2 ** Math.min(attempt, 20));
  const jittered = backoff * (0.5 + random() / 2);
  return Math.ceil(Math.max(jittered, Math.min(after, LONGEST) + random()));
}
