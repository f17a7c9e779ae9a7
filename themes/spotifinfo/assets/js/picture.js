// The first five of a top list as a picture, drawn here and sent nowhere. Spotify's branding
// rules hold on it too: covers whole and uncovered with small corners, names as Spotify gives
// them, and Spotify's logo.

import { checkedUrl, pickImage } from "./build.js";
import { linesOf } from "./lines.js";

const WIDTH = 1080;
const HEIGHT = 1350;
const EDGE = 84;
const COVER = 168;
const STEP = 200;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** A picture that may be drawn and read back; null where it cannot be had. */
async function loaded(url) {
  if (!url) return null;
  const picture = new Image();
  picture.crossOrigin = "anonymous";
  picture.src = url;
  return picture.decode().then(() => picture, () => null);
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ground: named("ground"), text: named("text"), muted: named("muted"), blank: named("skeleton") };
}

/** Lines of a text that are ready to be drawn, and how high they are. */
function set(pen, text, { size, weight = 400, colour, room = WIDTH - 2 * EDGE, most = 1, align = "left" }) {
  pen.font = `${weight} ${size}px ${FONT}`;
  const { font } = pen;
  const lines = linesOf(text, (part) => pen.measureText(part).width, room, most);
  const drawAt = (x, y) => {
    Object.assign(pen, { font, fillStyle: colour, textAlign: align });
    lines.forEach((line, index) => pen.fillText(line, x, y + index * size * 1.2));
  };
  return { high: lines.length * size * 1.2, drawAt };
}

/** A title and who made it, in the middle beside a cover. */
function nameAt(pen, item, x, y, { text, muted }) {
  const room = WIDTH - EDGE - x;
  const title = set(pen, item.name, { size: 38, weight: 650, colour: text, room, most: 2 });
  const names = (item.artists ?? []).map((artist) => artist.name).join(", ");
  const by = set(pen, names, { size: 30, colour: muted, room });
  const top = y + (COVER - title.high - (names ? by.high + 8 : 0)) / 2;
  title.drawAt(x, top);
  by.drawAt(x, top + title.high + 8);
}

function coverAt(pen, picture, x, y, blank) {
  if (!picture) {
    pen.fillStyle = blank;
    pen.fillRect(x, y, COVER, COVER);
    return;
  }
  const scale = COVER / Math.max(picture.naturalWidth, picture.naturalHeight);
  const [wide, high] = [picture.naturalWidth * scale, picture.naturalHeight * scale];
  pen.save();
  pen.beginPath();
  pen.roundRect(x, y, wide, high, 8);
  pen.clip();
  pen.drawImage(picture, x, y, wide, high);
  pen.restore();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{heading: string, below: string, site: string, logo: string, items: object[]}} what
 */
export async function draw(canvas, { heading, below, site, logo, items }) {
  const five = items.slice(0, 5);
  const addresses = five.map((item) => checkedUrl(pickImage(item.album?.images ?? item.images, 300)?.url));
  const [mark, ...covers] = await Promise.all([logo, ...addresses].map(loaded));
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext("2d");
  const shades = colours();
  const { ground, text, muted, blank } = shades;
  const write = (words, x, y, style) => set(pen, words, style).drawAt(x, y);
  pen.textBaseline = "top";
  pen.fillStyle = ground;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  write(heading, EDGE, 72, { size: 68, weight: 700, colour: text });
  write(below, EDGE, 156, { size: 32, colour: muted });
  five.forEach((item, index) => {
    const top = 232 + index * STEP;
    write(String(index + 1), EDGE, top + COVER / 2 - 22, { size: 40, weight: 600, colour: muted });
    coverAt(pen, covers[index], EDGE + 60, top, blank);
    nameAt(pen, item, EDGE + 60 + COVER + 36, top, shades);
  });
  if (mark) pen.drawImage(mark, EDGE, HEIGHT - 104, 52, 52);
  write("Spotify", EDGE + 68, HEIGHT - 96, { size: 34, weight: 650, colour: text, room: 300 });
  write(site, WIDTH - EDGE, HEIGHT - 92, { size: 28, colour: muted, align: "right", room: 500 });
}
