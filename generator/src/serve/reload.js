// Listens for rebuilds: reloads the page, or shows why there is nothing to reload.
const source = new EventSource("/__spotifinfo/events");
let panel;

source.addEventListener("reload", () => {
  panel?.remove();
  panel = undefined;
  swapStyles().then((swapped) => swapped || location.reload());
});

source.addEventListener("broken", (event) => {
  panel?.remove();
  panel = document.createElement("pre");
  panel.setAttribute("role", "alert");
  panel.textContent = event.data;
  Object.assign(panel.style, {
    position: "fixed", inset: "0", zIndex: "2147483647", margin: "0", padding: "2rem",
    overflow: "auto", whiteSpace: "pre-wrap", color: "#f5f5f5", background: "#1a1a1aee",
    font: "14px/1.5 ui-monospace, monospace",
  });
  document.documentElement.append(panel);
});

// True where the page on the server differs from this one in its style sheets alone.
async function swapStyles() {
  const answer = await fetch(location.href, { cache: "no-store" });
  const fresh = linked(await answer.text());
  const shown = linked(await shownPage);
  shownPage = Promise.resolve(fresh.text);
  if (fresh.rest !== shown.rest || fresh.styles.length !== shown.styles.length) return false;
  const links = [...document.querySelectorAll('link[rel="stylesheet"]')];
  if (links.length !== fresh.styles.length) return false;
  fresh.styles.forEach((href, at) => {
    if (links[at].getAttribute("href") === href) return;
    const link = links[at].cloneNode();
    link.removeAttribute("integrity");
    link.href = href;
    link.addEventListener("load", () => links[at].remove());
    links[at].after(link);
  });
  return true;
}

function linked(text) {
  const styles = [];
  const rest = text
    .replace(/<link\b[^>]*rel="?stylesheet"?[^>]*>/g, (tag) => {
      styles.push(/href="?([^"\s>]+)/.exec(tag)?.[1]);
      return "<link>";
    });
  return { text, rest, styles };
}

let shownPage = fetch(location.href, { cache: "force-cache" }).then((answer) => answer.text());
