// The card: what plays now. Filled from Spotify's answers, ticking by itself between them.

import { artistLinks, artwork, linked, make } from "./build.js";
import { tintCard } from "./colour.js";
import { describe, spoken } from "./playing.js";
import { changed, clock, outdated, position } from "./progress.js";

/** @param {HTMLElement} root the card's frame, as the page was built with it */
export function cardIn(root) {
  const part = (name) => root.querySelector(`[data-${name}]`);
  const bar = part("bar");
  let player;
  let at = 0;
  let aged = false;

  function tick() {
    const length = player?.item?.duration_ms ?? 0;
    const now = position(player, performance.now() - at);
    bar.max = length || 1;
    bar.value = now;
    part("elapsed").textContent = clock(now);
    part("length").textContent = clock(length);
    if (length) bar.setAttribute("aria-valuetext", `${clock(now)} of ${clock(length)}`);
  }

  function words(kind) {
    return document.getElementById(`card-${kind}`).content.cloneNode(true);
  }

  function draw() {
    const what = describe(player);
    const link = what.from?.external_urls?.spotify;
    const alt = what.from?.name ? `Cover of ${what.from.name}` : "";
    part("art").replaceChildren(artwork(what.images, 300, alt, link, false));
    part("what").replaceChildren(...lines(what));
    part("spoken").textContent = spoken(what);
    root.dataset.kind = what.kind;
    tintCard(root, what.images);
  }

  function lines(what) {
    if (!what.title) return [words(what.kind)];
    const title = make("p", { className: "card-title" }, linked(what.title, what.url));
    const by = make("p", { className: "card-by" }, ...artistLinks(what.by));
    const from = what.from?.name
      ? make("p", { className: "card-from" }, linked(what.from.name, what.from.external_urls?.spotify))
      : null;
    const note = what.kind === "local" ? words("local") : null;
    return [title, what.by?.length ? by : null, from, note].filter(Boolean);
  }

  function label() {
    const old = outdated(player, performance.now() - at);
    const playing = player?.is_playing ? "Now playing" : "Paused";
    const now = player?.item ? playing : "Right now";
    part("label").textContent = old ? "When this page last asked" : now;
    part("progress").hidden = old || !player?.item;
    root.classList.toggle("is-playing", !old && Boolean(player?.is_playing));
    return old;
  }

  setInterval(() => {
    if (player === undefined || document.hidden) return;
    if (player?.is_playing) tick();
    if (!aged && outdated(player, performance.now() - at)) aged = label();
  }, 1000);

  return {
    /** Shows an answer that came at `received` on the page's monotonic clock. */
    show(answer, received) {
      const first = player === undefined;
      const another = first || changed(player, answer);
      player = answer;
      at = received;
      if (another) draw();
      aged = label();
      tick();
      root.removeAttribute("aria-busy");
      return another && !first;
    },
  };
}
