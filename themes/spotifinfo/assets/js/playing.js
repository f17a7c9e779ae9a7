// What Spotify's answer about the player means, in words that the card can show.

/**
 * @returns {{kind: "track" | "episode" | "local" | "nothing" | "ad" | "private" | "unknown",
 *   title?: string, url?: string, by?: object[], from?: object, images?: object[]}}
 */
export function describe(player) {
  const item = player?.item;
  if (!item) return { kind: without(player) };
  const base = { title: item.name, url: item.external_urls?.spotify };
  if (item.type === "episode") {
    const images = item.images?.length ? item.images : item.show?.images;
    return { ...base, kind: "episode", by: [], from: item.show, images };
  }
  if (item.is_local) return { ...base, kind: "local", url: undefined, by: item.artists, images: [] };
  return { ...base, kind: "track", by: item.artists, from: item.album, images: item.album?.images };
}

function without(player) {
  if (!player) return "nothing";
  if (player.currently_playing_type === "ad") return "ad";
  if (player.device?.is_private_session) return "private";
  return player.is_playing ? "unknown" : "nothing";
}

/** What a screen reader is told when the track changes. */
export function spoken({ kind, title, by = [], from }) {
  if (kind === "episode") return `Now playing: ${title}, from ${from?.name ?? "a podcast"}`;
  if (!title) return "";
  const names = by.map((artist) => artist.name).filter(Boolean);
  return names.length ? `Now playing: ${title}, by ${names.join(", ")}` : `Now playing: ${title}`;
}
