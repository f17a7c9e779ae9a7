// Shows the page's own wording for a state: the <template> called `notice-` and its name.

/** The address of a login that comes back to `here` as it is, with the range in it. */
export function loginFrom(href, { pathname, search }) {
  const url = new URL(href);
  url.searchParams.set("return_to", pathname + search);
  return url.href;
}

/** A place for one notice at a time. */
export function noticeIn(place) {
  let name = null;
  let ticking = 0;
  let press = null;

  function clear(only = name) {
    if (name !== only) return;
    clearInterval(ticking);
    name = null;
    place.replaceChildren();
  }

  function show(wanted, words = {}) {
    if (wanted === name) return;
    clear();
    const template = document.getElementById(`notice-${wanted.replaceAll("_", "-")}`);
    if (!template) return;
    name = wanted;
    place.append(template.content.cloneNode(true));
    for (const [slot, word] of Object.entries(words)) {
      place.querySelector(`[data-word="${slot}"]`)?.append(word);
    }
    place.querySelector("[data-retry]")?.addEventListener("click", () => press?.());
    for (const link of place.querySelectorAll("[data-login]")) link.href = loginFrom(link.href, location);
  }

  function countdown(wanted, seconds) {
    show(wanted);
    clearInterval(ticking);
    const end = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      const shown = place.querySelector("[data-countdown]");
      if (shown) shown.textContent = left < 60 ? `${left} s` : `${Math.ceil(left / 60)} min`;
    };
    tick();
    ticking = setInterval(tick, 1000);
  }

  return {
    /** Shows a state's wording, with `words` in its places for them. */
    show,
    /** Takes the notice away; with a name only that one. */
    clear,
    countdown,
    empty: () => name === null,
    /** Brings the notice before the eyes, and the keyboard to it. */
    focus() {
      place.tabIndex = -1;
      place.focus();
    },
    /** Takes a part of the notice away. */
    drop: (part) => place.querySelector(`[data-part="${part}"]`)?.remove(),
    /** Settles when the notice's button is pressed. */
    pressed: () =>
      new Promise((resolve) => {
        press = resolve;
      }),
  };
}
