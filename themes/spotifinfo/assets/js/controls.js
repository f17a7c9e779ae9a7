// What every page's header offers: the theme, and the way to the list that was looked at last.

import { remember, remembered } from "./memory.js";

const root = document.documentElement;
const buttons = document.querySelectorAll("input[name=theme]");

function chosen() {
  const theme = remembered("theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}

function apply(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const button of buttons) button.checked = button.value === theme;
}

for (const button of buttons) {
  button.addEventListener("change", () => {
    remember("theme", button.value === "system" ? null : button.value);
    apply(button.value);
  });
}
// Another tab's choice counts here too.
addEventListener("storage", () => apply(chosen()));
apply(chosen());

const top = document.querySelector("[data-top]");
if (top && remembered("list") === "artists") top.href = top.dataset.top;
