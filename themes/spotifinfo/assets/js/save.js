// Hands the visitor a file that this page made.

import { make } from "./build.js";

/** Saves `blob` as `name`. */
export function save(name, blob) {
  const href = URL.createObjectURL(blob);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
