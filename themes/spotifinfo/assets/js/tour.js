// The tour: an invented listener in Spotify's place, and a login in the proxy's that this page
// forgets. Nobody is asked.

import { inventedListener } from "./invented.js";
import { Trouble } from "./trouble.js";

const day = (ms) => new Date(Date.now() + ms).toISOString().slice(0, 10);
const DAY = 86_400_000;

let held = {
  logged_in: true,
  provider: "an invented account",
  scopes: ["user-read-playback-state", "user-read-recently-played", "user-top-read", "user-read-private"],
  authorized_on: day(-12 * DAY),
  last_used_on: day(0),
  expires_on: day(168 * DAY),
  restricted: false,
  reference: "0000-0000-0000-0000",
};

function albums() {
  const rows = document.getElementById("tour-music").content.querySelectorAll("li");
  const here = (address) => new URL(address, location.href).href;
  return [...rows].map(({ dataset: { title, cover, artist, picture }, children }) => {
    const songs = [...children].map((song) => ({ title: song.textContent, seconds: Number(song.value) }));
    return { title, artist, cover: here(cover), picture: here(picture), songs };
  });
}

let listener = null;

export async function get(path) {
  if (held.restricted) throw new Trouble("session_restricted");
  listener ??= inventedListener(albums(), Date.now());
  return listener(path, Date.now());
}

export async function session() {
  return held;
}

export async function sessionFile() {
  return JSON.stringify(held);
}

export async function restrict(restricted) {
  held = { ...held, restricted };
}

export async function erase() {
  held = { logged_in: false };
}
