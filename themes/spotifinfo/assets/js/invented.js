// An invented listener, who answers as Spotify's Web API does: for the tour. Pure; times are
// milliseconds since 1970.

/** How far into the first track the listener is when the page opens. */
const INTO = 83_000;
/** Between two sittings, of nine plays each. */
const PAUSE = 5 * 3_600_000;
/** Steps through the music that put it in another order, each meeting every track once. */
const STRIDES = { short_term: 5, medium_term: 1, long_term: 11 };

/**
 * @param {{title, cover, artist, picture, songs: {title, seconds}[]}[]} albums
 * @param {number} began when the listener's first track had been on for a while
 * @returns {(path: string, now: number) => object | null}
 */
export function inventedListener(albums, began) {
  const artists = albums.map(({ artist, picture }) => ({ name: artist, images: square(picture) }));
  const tracks = [0, 1].flatMap((song) => albums.map((album) => trackOf(album, song)));
  // Plays are counted from the one that is on at the beginning.
  const played = (play) => tracks[modulo(play * 7, tracks.length)];

  function present(now) {
    let start = began - INTO;
    let play = 0;
    while (start + played(play).duration_ms <= now) start += played(play++).duration_ms;
    return { play, start };
  }

  function player(now) {
    const { play, start } = present(now);
    return {
      is_playing: true,
      currently_playing_type: "track",
      progress_ms: now - start,
      item: played(play),
      device: { is_private_session: false },
    };
  }

  function recent(now) {
    let { play, start } = present(now);
    const items = Array.from({ length: 50 }, () => {
      const track = played(--play);
      start -= track.duration_ms + (play < 0 && play % 9 === 0 ? PAUSE : 0);
      return { track, played_at: new Date(start).toISOString() };
    });
    return { items };
  }

  return (path, now) => {
    const { pathname, searchParams } = new URL(path, "https://invented.example");
    const stride = STRIDES[searchParams.get("time_range")] ?? 1;
    const ordered = (list) => list.map((_, at) => list[modulo(at * stride, list.length)]);
    switch (pathname) {
      case "/v1/me":
        return { display_name: "Robin Example", id: "robin-example", images: artists[1].images, product: "premium" };
      case "/v1/me/player":
        return player(now);
      case "/v1/me/player/recently-played":
        return recent(now);
      case "/v1/me/top/tracks":
        return { items: ordered(tracks) };
      case "/v1/me/top/artists":
        return { items: ordered(artists) };
      default:
        return null;
    }
  };
}

function square(url) {
  return [{ url, width: 640, height: 640 }];
}

function trackOf({ title, cover, artist, songs }, song) {
  return {
    type: "track",
    uri: `invented:${title}:${song}`,
    name: songs[song].title,
    duration_ms: songs[song].seconds * 1000,
    artists: [{ name: artist }],
    album: { name: title, images: square(cover) },
  };
}

function modulo(number, length) {
  return ((number % length) + length) % length;
}
