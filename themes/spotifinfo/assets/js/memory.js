// What the browser remembers for the visitor: choices of appearance, never anything about them.
// A full or forbidden storage forgets, and nothing else happens.

/** Every key, with what it holds; the page about data lists the same. */
export const KEYS = ["theme", "range", "list"];

export function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Nothing depends on it.
  }
}

/**
 * Whether the browser keeps nothing for this site. Chromium claims `cookieEnabled` also where its
 * settings block cookies; but it blocks the storage with them, as all others do.
 */
export function blocked() {
  if (!navigator.cookieEnabled) return true;
  try {
    localStorage.getItem("theme");
    return false;
  } catch (error) {
    return error.name === "SecurityError";
  }
}
