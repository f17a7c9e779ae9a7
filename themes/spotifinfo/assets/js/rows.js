// Rows of tracks and artists, as they stand in every list.

import { artistLinks, artwork, linked, make } from "./build.js";
import { timeOf } from "./dates.js";

function row(images, size, alt, url, title, ...below) {
  const text = make("div", { className: "row-text" }, title, ...below);
  return make("li", { className: "row" }, artwork(images, size, alt, url, size <= 56), text);
}

/** A track; `when` is a Date where it matters when it was played, `size` that of its cover. */
export function trackRow(track, { when = null, size = 56 } = {}) {
  const album = track.album?.external_urls?.spotify;
  const alt = track.album?.name ? `Cover of ${track.album.name}` : "";
  const title = make("p", { className: "row-title" }, linked(track.name, track.external_urls?.spotify));
  const by = make("p", { className: "row-by" }, ...artistLinks(track.artists));
  const item = row(track.album?.images, size, alt, album, title, by);
  if (when) item.append(timeOf(when, { className: "row-time" }));
  return item;
}

/** An artist, with a picture of that `size`. */
export function artistRow(artist, { size = 56 } = {}) {
  const url = artist.external_urls?.spotify;
  const title = make("p", { className: "row-title" }, linked(artist.name, url));
  return row(artist.images, size, `Picture of ${artist.name}`, url, title);
}
