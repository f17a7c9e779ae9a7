// Top tracks or artists, for the range in the address.

import { make } from "./build.js";
import { remember, remembered } from "./memory.js";
import { answered, run } from "./page.js";
import { inPieces } from "./pieces.js";
import { rangeOf, topPath } from "./ranges.js";
import { artistRow, trackRow } from "./rows.js";

const list = document.querySelector("[data-list]");
const { kind } = list.dataset;
const links = [...document.querySelectorAll("[data-range]")];
const skeleton = [...list.children];
const taking = document.querySelector("[data-take]");
let shown = 0;
/** What the list shows now. */
let present = null;

function wanted() {
  return rangeOf(new URL(location.href).searchParams.get("range") ?? remembered("range"));
}

/** Marks the range whose list is shown, and the one that was asked for as long as it is another. */
function mark(range, asked = range) {
  for (const link of links) {
    if (link.dataset.range === range) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    link.toggleAttribute("data-asked", asked !== range && link.dataset.range === asked);
  }
}

const rowOf = kind === "artists" ? artistRow : trackRow;

/** Puts a row where one stood before, so that the list keeps its length while it changes. */
function put(item, index) {
  // The first five stand in front, as large as there is room for.
  const row = rowOf(item, { size: index < 5 ? 300 : 56 });
  if (list.children[index]) list.children[index].replaceWith(row);
  else list.append(row);
}

async function draw(range, answer, wanted) {
  const items = answer?.items ?? [];
  present = { kind, range, items };
  mark(range);
  taking.disabled = !items.length;
  if (!items.length) {
    list.replaceChildren(make("li", {}, document.getElementById("top-empty").content.cloneNode(true)));
  } else if (await inPieces(items, put, wanted)) {
    while (list.children.length > items.length) list.lastElementChild.remove();
  } else return;
  list.removeAttribute("aria-busy");
}

async function show(range) {
  const turn = ++shown;
  mark(present?.range ?? range, range);
  remember("range", range);
  list.setAttribute("aria-busy", "true");
  const answer = await answered(topPath(kind, range));
  const wanted = () => turn === shown;
  if (!wanted()) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (document.startViewTransition && !still && !list.contains(skeleton[0])) {
    // Skipped where the page itself is in transition; the list is drawn all the same.
    document.startViewTransition(() => { draw(range, answer, wanted); }).ready.catch(() => {});
  } else draw(range, answer, wanted);
}

/** Puts the range into the address, so that going back from another one finds it there. */
function address(range) {
  const here = new URL(location.href);
  here.searchParams.set("range", range);
  history.replaceState(history.state, "", here);
}

address(wanted());
mark(wanted());
remember("list", kind);

taking.addEventListener("click", async () => {
  const rangeName = links.find((link) => link.dataset.range === present.range).textContent;
  const { take } = await import("./take.js");
  await take(document.querySelector("[data-taking]"), { ...present, rangeName });
});

run(async () => {
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      history.pushState(null, "", link.href);
      show(link.dataset.range).catch(() => {});
    });
  }
  addEventListener("popstate", () => show(wanted()).catch(() => {}));
  await show(wanted());
});
