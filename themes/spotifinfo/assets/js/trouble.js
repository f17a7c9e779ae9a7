// What can keep an answer away, as one kind of error. Each kind has its wording in the page, in
// the <template> called `notice-` and the kind.

export class Trouble extends Error {
  /**
   * @param {"login_required" | "session_restricted" | "captcha_required" | "captcha_failed"
   *   | "not_allowed" | "rate_limited" | "quota" | "offline" | "proxy_down" | "spotify_down"} kind
   * @param {number} after seconds before asking again may help; 0 where nobody said
   */
  constructor(kind, after = 0) {
    super(kind);
    this.kind = kind;
    this.after = after;
  }
}

/** `Retry-After` in seconds; 0 where it is absent, a date, or nonsense. */
export function retryAfter(headers) {
  const seconds = Number(headers.get("Retry-After"));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}
