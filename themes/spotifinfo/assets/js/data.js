// What is held about the visitor right now, and their rights over it.

import { make } from "./build.js";
import { LOCALE, dayOn } from "./dates.js";
import { eraseAll } from "./leave.js";
import { KEYS, remembered } from "./memory.js";
import { done, onPress, run } from "./page.js";
import { onRequest, requests } from "./requests.js";
import { save } from "./save.js";
import { restrict, session, sessionFile } from "./source.js";

const part = (name) => document.querySelector(`[data-${name}]`);

/** What a scope lets this site read, in words; its own name where there are none. */
function scopeName(scope) {
  return document.getElementById("scopes").content.querySelector(`[data-scope="${CSS.escape(scope)}"]`)?.textContent ?? scope;
}

function shown(value) {
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return dayOn(value);
  if (Array.isArray(value)) return value.map(scopeName).join("\n");
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return value ?? "Never";
}

function holdings(held) {
  const named = { ...held, provider: held.provider[0].toUpperCase() + held.provider.slice(1) };
  for (const cell of part("held").querySelectorAll("[data-value]")) {
    cell.replaceChildren(shown(named[cell.dataset.value]));
  }
  part("held").removeAttribute("aria-busy");
  part("restrict").hidden = held.restricted;
  part("lift").hidden = !held.restricted;
}

function choices() {
  for (const key of KEYS) {
    const cell = document.querySelector(`[data-key="${key}"]`);
    if (cell) cell.textContent = remembered(key) ?? "nothing yet";
  }
}

function log() {
  const rows = requests.map(({ at, method, path, status }) =>
    make("li", { textContent: `${at.toLocaleTimeString(LOCALE)}  ${method} ${path}  ${status || "no answer"}` }));
  part("requests").replaceChildren(...rows);
}

async function download() {
  save("my-data.json", new Blob([await done(sessionFile)], { type: "application/json" }));
}

async function turn(restricted, said, next) {
  await done(() => restrict(restricted));
  holdings(await done(session));
  part("done").replaceChildren(document.getElementById(said).content.cloneNode(true));
  part(next).focus();
}

choices();
log();
onRequest(log);

run((held) => {
  holdings(held);
  onPress(part("download"), download);
  onPress(part("restrict"), () => turn(true, "done-restricted", "lift"));
  onPress(part("lift"), () => turn(false, "done-lifted", "restrict"));
  onPress(part("erase"), () => part("confirm").showModal());
  onPress(part("erase-now"), async () => {
    part("confirm").close();
    await eraseAll(held);
  });
});
