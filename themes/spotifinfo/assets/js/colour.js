// The card takes on a little of its cover's colour, worked out when the browser is idle, as
// much as every text on it can bear in either theme.

import { checkedUrl, pickImage } from "./build.js";
import { dominant, tint } from "./contrast.js";

/** The surfaces and texts of both themes, as in tokens.css; a test compares. */
export const THEMES = {
  light: { surface: [255, 255, 255], texts: [[29, 27, 24], [92, 86, 78]] },
  dark: { surface: [29, 28, 26], texts: [[240, 237, 231], [170, 163, 152]] },
};

const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 200));

/** Colours `root` after the smallest of `images`; leaves it plain where that cannot be read. */
export function tintCard(root, images) {
  for (const theme of Object.keys(THEMES)) root.style.removeProperty(`--tint-${theme}`);
  const image = pickImage(images, 64);
  if (!image) return;
  root.dataset.tinting = image.url;
  idle(() => read(checkedUrl(image.url)).then((colour) => {
    if (root.dataset.tinting !== image.url) return;
    for (const [theme, { surface, texts }] of Object.entries(THEMES)) {
      root.style.setProperty(`--tint-${theme}`, `rgb(${tint(colour, surface, texts).join(" ")})`);
    }
  }, () => {}));
}

async function read(url) {
  const picture = new Image();
  picture.crossOrigin = "anonymous";
  picture.src = url;
  await picture.decode();
  const canvas = new OffscreenCanvas(16, 16);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, 16, 16);
  return dominant(context.getImageData(0, 0, 16, 16).data);
}
