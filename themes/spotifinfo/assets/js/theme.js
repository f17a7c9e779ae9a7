// Runs before the first paint, and for that reason blocks it: sets the chosen theme, and tells
// the style sheet that scripts run and that nobody has asked yet whether somebody is logged in.
{
  const root = document.documentElement;
  root.classList.add("js");
  root.dataset.session = "unknown";
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // Storage is switched off: the system's theme it is.
  }
  // A transition between two pages that does not come about is no mistake.
  for (const event of ["pageswap", "pagereveal"]) {
    addEventListener(event, ({ viewTransition }) => viewTransition?.ready.catch(() => {}));
  }
}
