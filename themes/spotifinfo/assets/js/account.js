// The account, with a row for each field that Spotify gives.

import { artwork, linked, make } from "./build.js";
import { LOCALE } from "./dates.js";
import { eraseAll } from "./leave.js";
import { answered, onPress, run } from "./page.js";

const PLANS = { premium: "Premium", free: "Free", open: "Free" };

function country(code) {
  try {
    return new Intl.DisplayNames([LOCALE], { type: "region" }).of(code);
  } catch {
    return code;
  }
}

/** Label and text of each field that is there, below the name. */
export function accountRows(me) {
  const rows = [
    ["Spotify ID", me.id],
    ["Email", me.email],
    ["Country", me.country && country(me.country)],
    ["Plan", me.product && (PLANS[me.product] ?? me.product)],
    ["Followers", me.followers?.total?.toLocaleString(LOCALE)],
    ["Explicit content", me.explicit_content && (me.explicit_content.filter_enabled ? "Hidden" : "Shown")],
  ];
  return rows.filter(([, text]) => text !== undefined && text !== null && text !== "");
}

function fill(place, me) {
  const name = me.display_name ?? me.id;
  const rows = accountRows(me).map(([label, text]) =>
    make("div", {}, make("dt", { textContent: label }), make("dd", { textContent: text })));
  const profile = linked("Open this profile on Spotify", me.external_urls?.spotify);
  place.replaceChildren(
    artwork(me.images, 160, `Picture of ${name}`, me.external_urls?.spotify, false),
    make("div", {}, make("h2", { textContent: name }), make("dl", { className: "facts" }, ...rows),
      me.external_urls?.spotify ? make("p", {}, profile) : null));
  place.removeAttribute("aria-busy");
}

run(async (held) => {
  onPress(document.querySelector("[data-logout]"), () => eraseAll(held));
  fill(document.querySelector("[data-account]"), await answered("/v1/me"));
});
