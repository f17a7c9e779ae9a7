// The built folder on other people's servers: a dumb one, and nginx with the proxy behind /api/.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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

test("on nginx, with the proxy behind /api/, the whole journey passes", { skip: !NGINX && "no nginx" }, async () => {
  const port = await freePort();
  const demo = await startDemo();
  const front = `http://127.0.0.1:${port}`;
  await demo.control("POST", "redirect-uris", { uri: `${demo.site}/api/callback` });
  const dist = build("nginx", {
    SITE_BASE_URL: front,
    SITE_EXTRA_WEB_API: demo.spotify,
    SITE_EXTRA_IMAGE_ORIGINS: demo.spotify,
  });
  const upstream = new URL(demo.site).host;
  const file = path.join(folder, "nginx.conf");
  writeFileSync(file, `
    daemon off; pid ${folder}/nginx.pid; error_log stderr;
    events {}
    http {
      include /etc/nginx/mime.types; access_log off;
      client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
      uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      server {
        listen 127.0.0.1:${port}; root ${dist}; error_page 404 /404.html;
        location /api/ {
          proxy_pass ${demo.site};
          proxy_set_header Host ${upstream};
          proxy_set_header Origin $demo_origin;
          proxy_redirect ${demo.site}/ ${front}/;
        }
      }
      map $http_origin $demo_origin { ${front} ${demo.site}; default $http_origin; }
    }`);
  const nginx = spawn(NGINX, ["-c", file, "-p", folder], { stdio: ["ignore", "ignore", "inherit"] });
  try {
    const { page, context, complaints } = await visitor(browser, front);
    // The demo's proxy knows itself by the demo's address: the visitor comes back there, and
    // is led on to the front, for whose host (not port) the cookie counts as well.
    await page.route(`${demo.site}/api/callback*`, (route) =>
      route.fulfill({ status: 303, headers: { location: route.request().url().replace(demo.site, front) } }));
    for (let tries = 0; tries < 50; tries += 1) {
      if (await fetch(front).catch(() => null)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
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
    assert.deepEqual(complaints, []);
    await context.close();
  } finally {
    nginx.kill("SIGTERM");
    await once(nginx, "exit");
    await demo.stop();
  }
});
