// Of several visible tabs one asks and tells the others: whoever holds the lock leads.

/** @param {(signal: AbortSignal) => void} lead called with a signal that ends the lead */
export function leadership(name, lead) {
  let leaving = null;

  return {
    /** Wants to lead, at once or when the present leader leaves. */
    join() {
      if (leaving) return;
      const mine = new AbortController();
      leaving = mine;
      const { signal } = mine;
      const hold = () =>
        new Promise((release) => {
          signal.addEventListener("abort", release, { once: true });
          lead(signal);
        });
      // Without locks every tab leads itself: more questions, no worse answers.
      if (!navigator.locks) hold();
      else navigator.locks.request(name, { signal }, hold).catch(() => {});
    },
    /** Leads no longer and does not want to. */
    leave() {
      leaving?.abort();
      leaving = null;
    },
  };
}
