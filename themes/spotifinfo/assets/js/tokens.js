// The access token: in this module's memory and nowhere else, asked for once at a time, renewed
// a minute before it ends, and never asked for twice within five seconds.

const RENEW_BEFORE = 60_000;
const APART = 5_000;

/**
 * @param {() => Promise<{access_token: string, expires_in: number}>} ask asks the proxy
 * @param {() => number} now milliseconds of a clock that never goes back
 * @param {(ms: number) => Promise<void>} wait
 */
export function keepTokens({ ask, now, wait }) {
  let held = null;
  let pending = null;
  let asked = -Infinity;

  async function renew() {
    if (now() < asked + APART) {
      // A token that is due but still good bridges the pause.
      if (held && now() < held.endsAt) return held.value;
      await wait(asked + APART - now());
    }
    asked = now();
    const { access_token: value, expires_in: seconds } = await ask();
    const lifetime = seconds * 1000;
    const early = Math.min(RENEW_BEFORE, lifetime / 2);
    held = { value, renewAt: asked + lifetime - early, endsAt: asked + lifetime };
    return value;
  }

  return {
    /** A token that is good for a while. */
    token() {
      if (held && now() < held.renewAt) return Promise.resolve(held.value);
      pending ??= renew().finally(() => {
        pending = null;
      });
      return pending;
    },
    /** Spotify refused `value`: the next call asks for another. */
    refused(value) {
      if (held?.value === value) held = null;
    },
    forget() {
      held = null;
    },
  };
}
