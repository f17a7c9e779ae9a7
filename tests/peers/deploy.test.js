// The recipes in proxy/deploy, each run for real: a visit goes through the front, and the front
// keeps nothing that it should not.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { Browser } from "./browser.js";
import { HOST, caddy, nginx, recipe, site, worker } from "./fronts.js";
import { Home, freePort, program } from "./proxy.js";
import { CLIENT, start } from "./servers/oidc-provider.js";

const ORIGIN = `https://${HOST}`;
const FORGED = "203.0.113.9";

const FRONTS = {
  nginx: { run: nginx, servesSite: true, client: "127.0.0.1" },
  Caddy: { run: caddy, servesSite: true, client: "127.0.0.1" },
  // Its edge says who the client is.
  "the Cloudflare Worker": { run: worker, servesSite: false, client: "198.51.100.7" },
};

for (const [name, { run, servesSite, client }] of Object.entries(FRONTS)) {
  describe(name, () => {
    let server, home, proxy, front, browser;

    const ask = (method, path, options) => browser.script(method, `${ORIGIN}${path}`, options);

    before(async () => {
      server = await start({ redirectUris: [`${ORIGIN}/api/callback`] });
      home = new Home(CLIENT.secret);
      const listen = `127.0.0.1:${await freePort()}`;
      proxy = await home.start({
        listen,
        "public-origin": ORIGIN,
        "accept-host": listen,
        "authorize-url": server.authorizeUrl,
        "token-url": server.tokenUrl,
        provider: "another",
        issuer: server.issuer,
        "client-id": CLIENT.id,
        scopes: server.scopes,
        "trusted-proxies": "127.0.0.1",
        "client-ip-header": "X-Real-IP",
      });
      // Fronts drop their rights before they read pages.
      chmodSync(home.folder, 0o755);
      site(home.file("front/dist"));
      front = await run(home.file("front"), proxy.address);
      browser = new Browser({ [HOST]: { ...front.place, headers: servesSite ? {} : { "cf-connecting-ip": client } } });
    });

    after(async () => {
      await front?.stop();
      await proxy?.stop();
      await server?.stop();
      home?.remove();
    });

    test("a whole visit goes through it", async () => {
      const page = await server.logIn(browser, `${ORIGIN}/api/login?return_to=/`, {
        stop: (url) => url === `${ORIGIN}/` && !servesSite,
      });
      assert.equal(page.url, `${ORIGIN}/`);
      const token = await ask("POST", "/api/token");
      assert.equal(token.status, 200, token.text);
      assert.equal(token.headers["cache-control"], "no-store");
      assert.equal((await ask("GET", "/api/session")).json().logged_in, true);
      const restricted = await ask("PATCH", "/api/session", {
        body: '{"restricted":true}',
        headers: { "content-type": "application/json" },
      });
      assert.equal(restricted.json().restricted, true);
      // By now it has let go of its connection, or the proxy would be about to.
      await sleep(5500);
      assert.equal((await ask("POST", "/api/token")).status, 403);
      assert.equal((await ask("POST", "/api/token", { body: "x".repeat(9000) })).status, 413);
      assert.equal((await ask("DELETE", "/api/session")).status, 204);
      assert.deepEqual((await ask("GET", "/api/session")).json(), { logged_in: false });
    });

    test("the proxy learns the client's address from it, and from nobody else", async () => {
      const forged = { "x-real-ip": FORGED, "x-forwarded-for": FORGED };
      await ask("GET", "/api/session", { headers: forged });
      // Lines gather for a moment before they are written.
      await sleep(200);
      const lines = home.accessLog().trim().split("\n");
      assert.ok(lines.every((line) => line.startsWith(`${client} `)), lines.join("\n"));
    });

    test("neither its log nor the proxy's has a query, a cookie or a token", async () => {
      await ask("GET", "/api/session?download&canary=1", { headers: { cookie: "canary=2", referer: `${ORIGIN}/?canary=3` } });
      await sleep(200);
      for (const log of [front.log(), home.accessLog()]) {
        assert.doesNotMatch(log, /canary|code=|state=|return_to=|v1\./);
      }
      if (servesSite) assert.match(front.log(), /\/api\/callback/);
    });

    if (servesSite) {
      test("pages are served, and what is for hosts alone is not", async () => {
        const statuses = {};
        for (const path of ["/", "/no/such/page", "/_headers", "/_redirects"]) {
          statuses[path] = (await ask("GET", path)).status;
        }
        assert.deepEqual(statuses, { "/": 200, "/no/such/page": 404, "/_headers": 404, "/_redirects": 404 });
      });
    } else {
      test("nothing but the API is handed on", async () => {
        assert.equal((await ask("GET", "/")).status, 404);
      });
    }
  });
}

describe("systemd", () => {
  test("the unit is valid, and its sandbox is rated as good", () => {
    const home = new Home("a secret");
    const unit = home.write("spotifinfo-proxy.service", recipe("spotifinfo-proxy.service", { "/usr/local/bin/spotifinfo-proxy": program() }));
    const analyze = (...given) => execFileSync("systemd-analyze", [...given, unit], { encoding: "utf8", stdio: "pipe" });
    assert.equal(analyze("verify", "--man=no"), "");
    // In tenths, of 100; it fails above that.
    analyze("security", "--offline=yes", "--no-pager", "--threshold=15");
    home.remove();
  });
});
