// What a visitor takes away from a top list: a picture and files, made in the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, logIn } from "../harness.js";
import { context, demo, page } from "../stage.js";

async function open(path = "/top/tracks/", beforehand = async () => {}) {
  await logIn(page, path);
  await filled(page);
  await beforehand();
  await page.getByRole("button", { name: "Share or save" }).click();
  await page.getByRole("dialog").waitFor();
  // Drawn once its size is the picture's and its corner has a colour.
  await page.waitForFunction(() => {
    const canvas = document.querySelector("dialog canvas");
    return canvas.getContext("2d").getImageData(5, 5, 1, 1).data[3] === 255;
  });
}

async function saved(name) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name }).click(),
  ]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
}

/** How many different colours the picture has where the first cover stands. */
const coloursOfCover = () => page.evaluate(() => {
  const { data } = document.querySelector("dialog canvas").getContext("2d").getImageData(160, 250, 130, 130);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4) seen.add(`${data[at]} ${data[at + 1]} ${data[at + 2]}`);
  return seen.size;
});

test("the picture shows the covers, and can be saved", async () => {
  await open();
  assert.ok((await coloursOfCover()) > 1, "the first cover is blank");
  const { name, bytes } = await saved("Save picture");
  assert.match(name, /^top-tracks-6-months-\d{4}-\d\d-\d\d\.png$/);
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [1080, 1350]);
});

test("a cover that may not be read is left blank, and the picture is still there", async () => {
  await open("/top/tracks/", () => page.route("**/image/**", (route) => route.abort()));
  assert.equal(await coloursOfCover(), 1);
  const { bytes } = await saved("Save picture");
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
});

test("the list is saved as CSV and as JSON, for the range that is shown", async () => {
  await open("/top/artists/");
  const first = await page.locator("[data-list] .row-title").first().textContent();
  const csv = await saved("Save CSV");
  assert.match(csv.name, /^top-artists-6-months-.*\.csv$/);
  assert.ok(csv.bytes.toString().includes(`\r\n1,${first},https://open.spotify.com/artist/`));
  const json = await saved("Save JSON");
  const list = JSON.parse(json.bytes);
  assert.equal(list.items[0].name, first);
  assert.equal(list.items.length, await page.locator("[data-list] .row").count());
});

test("nothing is uploaded", async () => {
  const sent = [];
  await logIn(page, "/top/tracks/");
  await filled(page);
  context.on("request", (request) => {
    if (request.method() !== "GET") sent.push(`${request.method()} ${request.url()}`);
  });
  await page.getByRole("button", { name: "Share or save" }).click();
  await saved("Save picture");
  assert.deepEqual(sent, []);
});

test("the tour's picture says that its music is invented, and an empty list has nothing to take", async () => {
  await page.goto("/tour/tracks/");
  await filled(page);
  assert.match(await page.locator("[data-taking]").getAttribute("data-site"), /invented music/);
  await demo.control("PATCH", "settings", { empty_history: true });
  await logIn(page, "/top/tracks/");
  await page.getByText("Spotify does not know your favourites").waitFor();
  assert.equal(await page.getByRole("button", { name: "Share or save" }).isDisabled(), true);
});

/** Gives the page what phones have: a way to share, which ends as `outcome` says. */
const phone = (outcome) => page.addInitScript((way) => {
  navigator.canShare = ({ files }) => files.every((file) => file.type === "image/png");
  navigator.share = async ({ files }) => {
    globalThis.shared = files.map(({ name, type, size }) => ({ name, type, big: size > 10_000 }));
    if (way === "refused") throw new DOMException("no", "AbortError");
  };
}, outcome);

for (const outcome of ["done", "refused"]) {
  test(`where the browser can share files, the picture is shared (${outcome})`, async () => {
    await phone(outcome);
    await open("/top/artists/");
    const share = page.getByRole("button", { name: "Share picture" });
    await share.waitFor();
    assert.equal(await page.evaluate(() => globalThis.shared), undefined, "shared without being asked");
    await share.click();
    const [file, ...more] = await page.evaluate(() => globalThis.shared);
    assert.deepEqual([file.type, file.big, more], ["image/png", true, []]);
    assert.match(file.name, /^top-artists-6-months-.*\.png$/);
    assert.ok(await page.getByRole("dialog").isVisible(), "the dialog is gone");
  });
}

test("where it cannot, nothing offers to", async () => {
  await page.addInitScript(() => { navigator.canShare = undefined; });
  await open();
  await saved("Save picture");
  assert.equal(await page.getByRole("button", { name: "Share picture" }).count(), 0);
});
