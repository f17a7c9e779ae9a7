// What played recently, grouped by day.

import { make } from "./build.js";
import { byDay } from "./days.js";
import { trackRow } from "./rows.js";

/** Shows Spotify's answer in `place`. */
export function showRecent(place, answer, now = new Date()) {
  const items = (answer?.items ?? []).filter((item) => item.track);
  const days = byDay(items, { now, locale: document.documentElement.lang });
  place.removeAttribute("aria-busy");
  if (!days.length) {
    place.replaceChildren(document.getElementById("recent-empty").content.cloneNode(true));
    return;
  }
  place.replaceChildren(...days.map(daySection));
}

function daySection({ day, label, items }) {
  const heading = make("h3", { className: "day" }, make("time", { dateTime: day, textContent: label }));
  const rows = items.map((item) => trackRow(item.track, { when: new Date(item.played_at) }));
  return make("section", {}, heading, make("ol", { className: "rows" }, ...rows));
}
