// Spotify's Web API, asked by the visitor's browser. Every failure comes out as a Trouble.

import { Trouble, retryAfter } from "./trouble.js";

/**
 * @param {string} base `https://api.spotify.com`
 * @param {ReturnType<import("./tokens.js").keepTokens>} tokens
 * @param {typeof fetch} fetch
 * @param {() => boolean} online
 * @param {() => number} now milliseconds of a clock that never goes back
 * @param {(method: string, path: string, status: number) => void} note
 */
export function spotifyClient({ base, tokens, fetch, online, now, note }) {
  let quietUntil = -Infinity;

  async function ask(path, token) {
    if (now() < quietUntil) throw new Trouble("rate_limited", (quietUntil - now()) / 1000);
    try {
      const answer = await fetch(base + path, { headers: { Authorization: `Bearer ${token}` } });
      note("GET", base + path, answer.status);
      return answer;
    } catch {
      note("GET", base + path, 0);
      // A 429 may come without CORS headers and then looks like this.
      throw new Trouble(online() ? "rate_limited" : "offline");
    }
  }

  async function limited(answer) {
    const text = await answer.text().catch(() => "");
    const after = retryAfter(answer.headers);
    quietUntil = now() + after * 1000;
    return new Trouble(text.includes("QUOTA_EXCEEDED") ? "quota" : "rate_limited", after);
  }

  /** The JSON at `path`; null where Spotify has nothing to say (204). */
  return async function get(path) {
    let token = await tokens.token();
    let answer = await ask(path, token);
    if (answer.status === 401) {
      tokens.refused(token);
      token = await tokens.token();
      answer = await ask(path, token);
    }
    if (answer.status === 204) return null;
    if (answer.status === 401) throw new Trouble("login_required");
    if (answer.status === 403) throw new Trouble("not_allowed");
    if (answer.status === 429) throw await limited(answer);
    const json = answer.ok && (await answer.json().catch(() => false));
    if (!json) throw new Trouble("spotify_down", retryAfter(answer.headers));
    return json;
  };
}
