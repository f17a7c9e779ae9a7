// What played recently, grouped by day.

import { make } from "./build.js";
import { byDay } from "./dates.js";
import { inPieces } from "./pieces.js";
import { trackRow } from "./rows.js";

/** Counts the answers, so that an older one that is still being drawn ends. */
let shown = 0;

/** Shows Spotify's answer in `place`. */
export async function showRecent(place, answer, now = new Date()) {
  const turn = ++shown;
  const items = (answer?.items ?? []).filter((item) => item.track);
  const days = byDay(items, { now });
  if (days.length) await draw(place, days, () => turn === shown);
  else place.replaceChildren(document.getElementById("recent-empty").content.cloneNode(true));
  if (turn === shown) place.removeAttribute("aria-busy");
}

async function draw(place, days, wanted) {
  const plays = days.flatMap((day) => {
    const list = make("ol", { className: "rows" });
    const section = make("section", {}, headingOf(day), list);
    return day.items.map((item) => ({ item, list, section }));
  });
  // A list that somebody may be reading is replaced at once, so that it keeps its length.
  const fresh = place.hasAttribute("aria-busy");
  place.replaceChildren();
  await inPieces(plays, ({ item, list, section }) => {
    if (!list.firstChild) place.append(section);
    list.append(trackRow(item.track, { when: new Date(item.played_at) }));
  }, wanted, fresh ? {} : { piece: plays.length });
}

function headingOf({ day, label }) {
  return make("h3", { className: "day" }, make("time", { dateTime: day, textContent: label }));
}
