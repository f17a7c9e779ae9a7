// Makes elements out of what Spotify says: text as text, addresses only where they are what
// they claim to be.

/** `address` where it is one that may be linked to or shown, else null. */
export function checkedUrl(address, secure = globalThis.isSecureContext) {
  if (typeof address !== "string") return null;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol === "https:") return url.href;
  const here = globalThis.location?.protocol ?? "https:";
  // A stand-in on the visitor's own machine, seen from a page that is there too.
  const loopback = url?.protocol === "http:" && ["localhost", "127.0.0.1"].includes(url.hostname);
  return loopback && secure && here === "http:" ? url.href : null;
}

/** An element with properties and children; a child that is null is left out. */
export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A link to Spotify, or plain text where there is nothing to link to. */
export function linked(text, address) {
  const href = checkedUrl(address);
  // A name may run the other way than the page.
  const name = { textContent: text, dir: "auto" };
  return href ? make("a", { href, ...name }) : make("span", name);
}

/** Artists' names, each linked, separated by commas that stay with the name before them. */
export function artistLinks(artists = []) {
  return artists.flatMap((artist, index) => {
    const link = linked(artist.name, artist.external_urls?.spotify);
    const isLast = index === artists.length - 1;
    return isLast ? [link] : [make("span", { className: "joined" }, link, ","), " "];
  });
}

/** The smallest of `images` that is at least `width` wide, else the widest. */
export function pickImage(images = [], width = 0) {
  const known = images.filter((image) => checkedUrl(image?.url));
  const byWidth = known.toSorted((a, b) => (a.width ?? 640) - (b.width ?? 640));
  return byWidth.find((image) => (image.width ?? 640) >= width) ?? byWidth.at(-1) ?? null;
}

/** An artwork of `size` CSS pixels that links to `address`; an empty sleeve where there is none. */
export function artwork(images, size, alt, address, lazy = true) {
  const image = pickImage(images, size * Math.min(2, globalThis.devicePixelRatio ?? 1));
  if (!image) return make("span", { className: "art art-none" });
  const picture = make("img", { className: "art", alt, width: size, height: size, decoding: "async" });
  if (lazy) picture.loading = "lazy";
  picture.src = checkedUrl(image.url);
  const href = checkedUrl(address);
  return href ? make("a", { href, className: "art-link" }, picture) : picture;
}
