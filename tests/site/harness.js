// What the browser tests stand on: the demo as its own process, Chromium, and a visitor.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { chromium } from "playwright-core";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const PAGES = {
  home: "/",
  tracks: "/top/tracks/",
  artists: "/top/artists/",
  account: "/account/",
  data: "/data/",
  privacy: "/privacy/",
  missing: "/no/such/page",
  tour: "/tour/",
  "tour-tracks": "/tour/tracks/",
  "tour-artists": "/tour/artists/",
  "tour-account": "/tour/account/",
  "tour-data": "/tour/data/",
};

/** The program `name`, as `cargo build` left it. */
export function program(name) {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target");
  const found = ["debug", "release"].map((kind) => path.join(target, kind, name)).find(existsSync);
  if (!found) throw new Error(`${name} is not built: cargo build -p demo -p fake-spotify -p generator -p proxy`);
  return found;
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The whole system on free ports; `stop` ends it. */
export async function startDemo(...flags) {
  const ports = ["--port", "--spotify-port", "--control-port"];
  const given = [];
  for (const flag of ports) given.push(flag, String(await freePort()));
  const child = spawn(program("demo"), [...given, ...flags], { cwd: ROOT });
  const said = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (piece) => {
      text += piece;
      if (/^Control: \S+$/m.test(text)) resolve(text);
    });
    child.stderr.pipe(process.stderr);
    child.once("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
  });
  const address = (name) => said.match(new RegExp(`^${name}: (\\S+)$`, "m"))[1].replace(/\/$/, "");
  return {
    site: address("Site"),
    spotify: address("Spotify stand-in"),
    control: controlOf(address("Control")),
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

/** Calls to the stand-in's control address; see tests/fake-spotify/README.md. */
export function controlOf(url) {
  return async (method, name = "", body = undefined) => {
    const base = url.endsWith("/control") ? url : `${url}/control`;
    const answer = await fetch(`${base}/${name}`, { method, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`control ${name}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
}

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** How every browser here is started. */
export const FLAGS = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch(...flags) {
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] });
}

/**
 * A visitor with a browser of their own. `complaints` collects what must not happen on any
 * page: policy violations, script errors, errors on the console that the test did not cause.
 */
export async function visitor(browser, site, options = {}) {
  const context = await browser.newContext({ baseURL: site, ...options });
  const complaints = [];
  await context.exposeBinding("policyViolated", (_, text) => complaints.push(text));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      globalThis.policyViolated(`${event.violatedDirective} ${event.blockedURI} on ${location.pathname}`);
    });
  });
  const page = await context.newPage();
  context.on("weberror", (error) => complaints.push(`${error.error()}`));
  page.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|Trusted ?Type|integrity/i.test(text)) complaints.push(text);
  });
  return { context, page, complaints };
}

/** Logs in from the page at `from`, and waits until what was asked for is there. */
export async function logIn(page, from = "/") {
  await page.goto(from);
  await page.getByRole("link", { name: "Log in with Spotify" }).click();
  // Who approved before comes back at once.
  const approve = page.locator("#approve");
  const back = page.locator('html[data-session="in"]');
  await approve.or(back).waitFor({ state: "attached" });
  if (await approve.count()) await approve.click();
  await back.waitFor({ state: "attached" });
  await page.waitForURL((url) => url.pathname === from);
}

/** Waits until nothing on the page is being filled in. */
export async function filled(page) {
  await page.waitForFunction(() =>
    !document.querySelector("[data-notice]") || document.documentElement.dataset.session !== "unknown");
  await page.waitForFunction(() =>
    ![...document.querySelectorAll("[aria-busy=true]")].some((element) => element.checkVisibility()));
}

/** What `read` gives once it passes `enough`, however slow the machine; an error if it never does. */
export async function until(read, enough) {
  for (const end = Date.now() + 30_000; ;) {
    const value = await read();
    if (enough(value)) return value;
    if (Date.now() > end) throw new Error(`still not: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
