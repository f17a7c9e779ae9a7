// Where a track stands between two answers, and when to ask next. Times are milliseconds.

const PLAYING = 5_000;
const RESTING = 20_000;
/** Spotify needs a moment to notice that a track has ended. */
const AFTER_END = 400;
/** Several questions long, so that one that fails is not noticed. */
const UNTIL_OLD = 60_000;

/**
 * @param {{progress_ms, is_playing, item} | null} player Spotify's answer
 * @param {number} age how long ago it came, on a monotonic clock
 */
export function position(player, age) {
  const length = player?.item?.duration_ms ?? 0;
  const start = player?.progress_ms ?? 0;
  const now = player?.is_playing ? start + Math.max(0, age) : start;
  return Math.min(length, Math.max(0, now));
}

/** Whether an answer of that age says no longer what plays now: nothing has come after it. */
export function outdated(player, age) {
  const left = player?.is_playing ? (player.item?.duration_ms ?? 0) - position(player, 0) : 0;
  return age > left + UNTIL_OLD;
}

/** How long to wait before asking again, after an answer of that age. */
export function nextAsk(player, age = 0) {
  if (!player?.is_playing) return RESTING;
  if (!player.item?.duration_ms) return PLAYING;
  const left = player.item.duration_ms - position(player, age);
  return left > 0 ? Math.min(PLAYING, left + AFTER_END) : PLAYING;
}

/** Whether two answers are about different things. */
export function changed(before, after) {
  return identity(before) !== identity(after);
}

function identity(player) {
  return player?.item ? (player.item.uri ?? player.item.name) : (player?.currently_playing_type ?? null);
}

/** `3:07`, `1:02:09`. */
export function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  if (hours) parts.unshift(hours);
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}
