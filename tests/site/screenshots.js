// Takes a picture of every page and state in both themes at 320 and 1280 px, and one sheet of
// them all:   node screenshots.js OUTDIR [ONLY,THESE]

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { PAGES, filled, launch, logIn, startDemo, visitor } from "./harness.js";
import { STATES } from "./states.js";

const [out, only] = process.argv.slice(2);
if (!out) {
  console.error("usage: node screenshots.js OUTDIR [NAME,NAME]");
  process.exit(2);
}

const wanted = (name) => !only || only.split(",").includes(name);
const demo = await startDemo();
const browser = await launch();
const taken = [];
await mkdir(out, { recursive: true });

async function shoot(name, look, reach) {
  if (!wanted(name)) return;
  await demo.control("POST", "reset");
  await demo.control("POST", "player", { state: "playing", track: 0, progress: 83_000 });
  const { theme, width } = look;
  const height = width === 320 ? 720 : 860;
  const options = { colorScheme: theme, viewport: { width, height }, reducedMotion: "reduce" };
  const { page, context } = await visitor(browser, demo.site, options);
  await reach({ page, demo, context });
  await page.waitForTimeout(800);
  const file = `${name}-${theme}-${width}.png`;
  await page.screenshot({ path: path.join(out, file) });
  taken.push({ file, width });
  await context.close();
}

async function everything(look) {
  for (const [name, address] of Object.entries(PAGES)) {
    await shoot(name, look, async ({ page }) => {
      await page.goto(address);
      await filled(page);
    });
    await shoot(`${name}-in`, look, async ({ page }) => {
      await logIn(page);
      await page.goto(address);
      await filled(page);
    });
  }
  for (const [name, reach] of Object.entries(STATES)) await shoot(name, look, reach);
}

/** All pictures on one page, and that page as a picture. */
async function sheet() {
  const figures = await Promise.all(taken.map(async ({ file, width }) => {
    const picture = (await readFile(path.join(out, file))).toString("base64");
    const shown = width === 320 ? 160 : 400;
    return `<figure><img width="${shown}" src="data:image/png;base64,${picture}"><figcaption>${file}</figcaption></figure>`;
  }));
  const html = `<!doctype html><meta charset="utf-8"><title>All pages and states</title><style>body{display:flex;
    flex-wrap:wrap;gap:12px;font:11px sans-serif;background:#888}figure{margin:0}img{display:block}</style>${figures.join("")}`;
  await writeFile(path.join(out, "sheet.html"), html);
  const page = await browser.newPage({ viewport: { width: 1700, height: 1000 } });
  await page.setContent(html);
  await page.screenshot({ path: path.join(out, "sheet.png"), fullPage: true });
}

for (const theme of ["light", "dark"]) {
  for (const width of [320, 1280]) await everything({ theme, width });
}
await sheet();
await browser.close();
await demo.stop();
console.log(`${taken.length} pictures and sheet.png in ${out}`);
