// The recipes in proxy/deploy, each run for real: a visit goes through the front, and the front
// keeps nothing that it should not.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { chmodSync, chownSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { Browser, send } from "./browser.js";
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
    let server, home, flags, proxy, front, browser;

    const ask = (method, path, options) => browser.script(method, `${ORIGIN}${path}`, options);

    before(async () => {
      server = await start({ redirectUris: [`${ORIGIN}/api/callback`] });
      home = new Home(CLIENT.secret);
      const listen = `127.0.0.1:${await freePort()}`;
      flags = {
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
      };
      proxy = await home.start(flags);
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
        for (const page of ["/", "/privacy/", "/no/such/page", "/_headers", "/_redirects", "/Caddyfile", "/nginx.conf"]) {
          statuses[page] = (await ask("GET", page)).status;
        }
        assert.deepEqual(statuses, {
          "/": 200, "/privacy/": 200, "/no/such/page": 404,
          "/_headers": 404, "/_redirects": 404, "/Caddyfile": 404, "/nginx.conf": 404,
        });
      });

      test("pages have the headers that the build computed, and the proxy's answers their own", async () => {
        for (const page of ["/", "/no/such/page"]) {
          const { headers } = await ask("GET", page);
          assert.match(headers["content-security-policy"], /require-trusted-types-for/, page);
          assert.equal(headers["x-content-type-options"], "nosniff", page);
          assert.equal(headers["cache-control"], "no-cache", page);
        }
        const { headers } = await ask("GET", "/api/session");
        assert.equal(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
        assert.equal(headers["cache-control"], "no-store");
      });

      test("old addresses lead on", async () => {
        const moved = await ask("GET", "/top_tracks");
        assert.equal(moved.status, 301);
        assert.equal(moved.headers.location, "/top/tracks/");
      });

      test("where --client-ip-header was forgotten, visitors still cannot name an address", async () => {
        await proxy.stop();
        const { "client-ip-header": forgotten, ...rest } = flags;
        proxy = await home.start(rest);
        await ask("GET", "/api/session", { headers: { "cf-connecting-ip": FORGED, "user-agent": forgotten } });
        await sleep(200);
        assert.match(home.accessLog(), new RegExp(`^${client} .* "${forgotten}" [0-9.]+\n$`, "m"));
        assert.doesNotMatch(home.accessLog(), new RegExp(`^${FORGED} `, "m"));
      });
    } else {
      test("nothing but the API is handed on", async () => {
        assert.equal((await ask("GET", "/")).status, 404);
      });
    }

    test("what fails is in no log with its query either, as a code that comes while the proxy is down", async () => {
      await proxy.stop();
      const headers = { referer: `${ORIGIN}/?canary=5` };
      const answer = await ask("GET", "/api/callback?code=canary-6&state=canary-7", { headers }).catch(String);
      // The Worker's runtime hangs up.
      assert.ok(servesSite ? answer.status === 502 : /hang up/.test(answer), String(answer));
      if (servesSite) {
        rmSync(home.file("front/dist/404.html"));
        await ask("GET", "/no/such/page?canary=8", { headers });
      }
      await sleep(200);
      assert.doesNotMatch(front.log(), /canary|code=|state=/);
    });
  });
}

describe("the Cloudflare Worker's service token", () => {
  for (const [name, more, expected] of [
    ["is sent where it has one", { ACCESS_ID: "an-id", ACCESS_SECRET: "a-secret" }, ["an-id", "a-secret"]],
    ["is not made up where it has none", {}, [undefined, undefined]],
  ]) {
    test(name, async () => {
      const home = new Home("a secret");
      const asked = [];
      const origin = createServer((request, response) => {
        asked.push(["cf-access-client-id", "cf-access-client-secret"].map((header) => request.headers[header]));
        response.end();
      });
      await once(origin.listen(0, "127.0.0.1"), "listening");
      mkdirSync(home.file("front"));
      const front = await worker(home.file("front"), `http://127.0.0.1:${origin.address().port}`, more);
      try {
        const browser = new Browser({ [HOST]: front.place });
        await browser.script("GET", `${ORIGIN}/api/session`);
        assert.deepEqual(asked, [expected]);
      } finally {
        await front.stop();
        origin.close();
        home.remove();
      }
    });
  }
});

describe("the container", () => {
  // Without an engine: the final image by hand, in which the program is all that is started.
  test("its files are all that the program needs", { skip: process.getuid() !== 0 && "chroot needs root" }, async () => {
    const home = new Home("a secret");
    const root = home.file("root");
    const put = (from, to = from) => {
      mkdirSync(path.dirname(root + to), { recursive: true });
      copyFileSync(from, root + to);
    };
    put(program(), "/spotifinfo-proxy");
    // The image has a static program; this one is not.
    const libraries = execFileSync("ldd", [program()], { encoding: "utf8" });
    for (const [library] of libraries.matchAll(/\/\S+/g)) put(library);
    const text = recipe("Containerfile", {});
    for (const [, file] of text.matchAll(/^COPY --from=build (\/etc\/\S+) /gm)) put(file);
    put(home.file("secret"), "/client-secret");
    mkdirSync(`${root}/data`, { mode: 0o700 });
    for (const file of ["/data", "/client-secret"]) chownSync(root + file, 65532, 65532);
    chmodSync(home.folder, 0o755);
    chmodSync(root, 0o555);

    const port = await freePort();
    const settings = Object.fromEntries([...text.matchAll(/(SPOTIFINFO_\w+)=(\/\S+)/g)].map(([, name, value]) => [name, value]));
    const env = { ...settings, PATH: process.env.PATH, SPOTIFINFO_PUBLIC_ORIGIN: ORIGIN, SPOTIFINFO_CLIENT_ID: "client" };
    const inside = ["--userspec=65532:65532", root, "/spotifinfo-proxy"];
    execFileSync("chroot", [...inside, "keys", "generate"], { env });
    execFileSync("chroot", [...inside, "check"], { env });
    const child = spawn("chroot", [...inside, "--listen", `127.0.0.1:${port}`], { env, stdio: ["ignore", "pipe", "pipe"] });
    try {
      let told = "";
      child.stderr.setEncoding("utf8").on("data", (piece) => (told += piece));
      // What goes wrong after it listens ends it at once.
      const ended = await Promise.race([once(child, "exit"), sleep(1000)]);
      assert.equal(ended, undefined, told);
      const answer = await send(`http://127.0.0.1:${port}/api/session`, { headers: { host: HOST } });
      assert.deepEqual(answer.json(), { logged_in: false });
    } finally {
      child.kill("SIGKILL");
      home.remove();
    }
  });
});

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
