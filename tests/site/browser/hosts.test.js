// The built folder on other people's servers: a dumb one, and nginx with the proxy behind /api/.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { PAGES, ROOT, filled, freePort, launch, logIn, program, startDemo, visitor } from "../harness.js";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const NGINX = ["/usr/sbin/nginx", "/usr/bin/nginx"].find(existsSync);

let folder;
let browser;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "site-"));
  // Started by root, nginx reads as nobody.
  chmodSync(folder, 0o755);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Builds the site into the test's own folder. */
function build(name, environment = {}) {
  const out = path.join(folder, name);
  const built = spawnSync(program("spotifinfo"), ["build", "--out", out], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    encoding: "utf8",
  });
  assert.equal(built.status, 0, built.stderr);
  return out;
}

test("behind a dumb file server every page is there, with its own policy", async () => {
  const dist = build("dumb");
  const server = createServer((request, answer) => {
    const { pathname } = new URL(request.url, "http://any");
    let file = path.join(dist, pathname);
    if (existsSync(file) && statSync(file).isDirectory()) file = path.join(file, "index.html");
    const found = existsSync(file);
    answer.writeHead(found ? 200 : 404, { "Content-Type": TYPES[path.extname(file)] ?? "text/plain" });
    answer.end(found ? readFileSync(file) : "not here");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const site = `http://127.0.0.1:${server.address().port}`;
  const { page, context, complaints } = await visitor(browser, site);
  for (const [name, address] of Object.entries(PAGES)) {
    await page.goto(name === "missing" ? "/404.html" : address);
    await page.locator("h1").first().waitFor();
    const styled = await page.evaluate(() => getComputedStyle(document.body).margin);
    assert.equal(styled, "0px", `${name} has no style`);
  }
  assert.deepEqual(complaints, []);
  await context.close();
  server.close();
});

/** The proxy as an operator starts it, for the stand-in of `demo` and visitors at `front`. */
async function startProxy(demo, front) {
  const { client_id: client } = await demo.control("GET");
  await demo.control("POST", "redirect-uris", { uri: `${front}/api/callback` });
  const keys = path.join(folder, "keys");
  const secret = path.join(folder, "client-secret");
  // The stand-in's default; see tests/fake-spotify/src/settings.rs.
  writeFileSync(secret, "5ecret5ecret5ecret5ecret5ecret00\n", { mode: 0o600 });
  const generated = spawnSync(program("spotifinfo-proxy"), ["keys", "generate", "--keys-file", keys]);
  assert.equal(generated.status, 0, String(generated.stderr));
  const flags = {
    listen: "127.0.0.1:0",
    "public-origin": front,
    "authorize-url": `${demo.spotify}/authorize`,
    "token-url": `${demo.spotify}/api/token`,
    "client-id": client,
    "client-secret-file": secret,
    "keys-file": keys,
    db: path.join(folder, "sessions.db"),
    "access-log": "off",
  };
  const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(program("spotifinfo-proxy"), ["serve", ...given]);
  const address = await new Promise((resolve, reject) => {
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (piece) => {
        said += piece;
        const bound = said.match(/127\.0\.0\.1:(?!0\b)\d+/);
        if (bound) resolve(bound[0]);
      });
    }
    child.once("exit", (code) => reject(new Error(`the proxy ended with ${code}: ${said}`)));
  });
  return { child, address };
}

const nginxConf = (port, dist, upstream) => `
  daemon off; pid ${folder}/nginx.pid; error_log stderr;
  events {}
  http {
    include /etc/nginx/mime.types; access_log off;
    client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
    uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
    server {
      listen 127.0.0.1:${port}; root ${dist}; error_page 404 /404.html;
      location /api/ { proxy_pass http://${upstream}; proxy_set_header Host $http_host; }
    }
  }`;

async function answers(url) {
  for (let tries = 0; tries < 50; tries += 1) {
    if (await fetch(url).catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} does not answer`);
}

async function walk(page) {
  await logIn(page);
  await page.locator(".card-title a").waitFor();
  for (const address of ["/top/tracks/", "/top/artists/", "/account/", "/data/"]) {
    await page.goto(address);
    await filled(page);
    assert.equal((await page.locator("[data-notice]").textContent()).trim(), "", address);
  }
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  await page.getByText("everything erased").waitFor();
  assert.equal((await page.goto("/no/such/page")).status(), 404);
  assert.ok(await page.getByText("There is nothing here").isVisible());
}

test("on nginx, with the proxy behind /api/, the whole journey passes", { skip: !NGINX && "no nginx" }, async () => {
  const port = await freePort();
  const front = `http://127.0.0.1:${port}`;
  const demo = await startDemo();
  const proxy = await startProxy(demo, front);
  const dist = build("nginx", {
    SITE_BASE_URL: front,
    SITE_EXTRA_WEB_API: demo.spotify,
    SITE_EXTRA_IMAGE_ORIGINS: demo.spotify,
  });
  const conf = path.join(folder, "nginx.conf");
  writeFileSync(conf, nginxConf(port, dist, proxy.address));
  const nginx = spawn(NGINX, ["-c", conf, "-p", folder], { stdio: ["ignore", "ignore", "inherit"] });
  try {
    await answers(front);
    const { page, context, complaints } = await visitor(browser, front);
    await walk(page);
    assert.deepEqual(complaints, []);
    await context.close();
  } finally {
    for (const child of [nginx, proxy.child]) {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    }
    await demo.stop();
  }
});
