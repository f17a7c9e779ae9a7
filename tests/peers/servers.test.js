// Login, refresh, logout and what can go wrong, against OAuth servers that others wrote.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { Browser } from "./browser.js";
import { Home, freePort } from "./proxy.js";
import * as oauth2Server from "./servers/oauth2-server.js";
import * as oidcProvider from "./servers/oidc-provider.js";

const LIFE = 3;

for (const [name, { CLIENT, start }] of Object.entries({ "oidc-provider": oidcProvider, "@node-oauth/oauth2-server": oauth2Server })) {
  describe(name, () => {
    let origin, server, home, proxy;

    const flags = (more = {}) => ({
      listen: new URL(origin).host,
      "public-origin": origin,
      provider: "another",
      "authorize-url": server.authorizeUrl,
      "token-url": server.tokenUrl,
      ...(server.issuer ? { issuer: server.issuer } : {}),
      "client-id": CLIENT.id,
      scopes: server.scopes,
      ...more,
    });
    const restart = async (more) => {
      await proxy?.stop();
      proxy = await home.start(flags(more));
    };
    const isSite = (url) => url.startsWith(origin) && !url.startsWith(`${origin}/api/`);
    const comeIn = async (browser, through = server.logIn) => {
      const start = `${origin}/api/login?return_to=/after`;
      const { url } = await through(browser, start, { stop: isSite });
      return url.replace(origin, "");
    };
    const ask = async (browser, method, path) => {
      const answer = await browser.script(method, `${origin}${path}`);
      const body = answer.text === "" ? undefined : answer.json();
      return { status: answer.status, body };
    };
    const rows = () => home.sessions(flags());

    before(async () => {
      origin = `http://127.0.0.1:${await freePort()}`;
      server = await start({ redirectUris: [`${origin}/api/callback`], life: LIFE });
      home = new Home(CLIENT.secret);
      await restart();
    });

    after(async () => {
      await proxy?.stop();
      await server?.stop();
      home?.remove();
    });

    test("a visitor logs in, gets tokens over many refreshes, looks, and logs out", async () => {
      const browser = new Browser();
      assert.equal(await comeIn(browser), "/after");
      const tokens = new Set();
      for (let round = 0; round < 3; round += 1) {
        const { status, body } = await ask(browser, "POST", "/api/token");
        assert.equal(status, 200, JSON.stringify(body));
        assert.deepEqual(Object.keys(body), ["access_token", "token_type", "expires_in"]);
        assert.ok(body.expires_in <= LIFE);
        tokens.add(body.access_token);
        // It hands a token out during the first half of its life.
        await sleep((LIFE * 1000) / 2 + 100);
      }
      assert.equal(tokens.size, 3, "each refresh brings another token");

      const session = await ask(browser, "GET", "/api/session");
      assert.equal(session.body.logged_in, true);
      assert.deepEqual(session.body.scopes.toSorted(), server.scopes.split(",").toSorted());

      assert.equal((await ask(browser, "DELETE", "/api/session")).status, 204);
      assert.deepEqual((await ask(browser, "GET", "/api/session")).body, { logged_in: false });
      assert.equal((await ask(browser, "POST", "/api/token")).body.error, "login_required");
      assert.equal(rows().length, 0);
    });

    test("many tabs at once are one refresh, although the refresh token is replaced", async () => {
      const browser = new Browser();
      await comeIn(browser);
      await sleep((LIFE * 1000) / 2 + 100);
      const before = server.tokenRequests();
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(browser, "POST", "/api/token")));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      assert.equal(new Set(answers.map(({ body }) => body.access_token)).size, 1);
      assert.equal(server.tokenRequests() - before, 1);
      await ask(browser, "DELETE", "/api/session");
    });

    test("a visitor who refuses comes back without a session", async () => {
      const browser = new Browser();
      assert.equal(await comeIn(browser, server.refuse), "/?login=denied");
      assert.deepEqual((await ask(browser, "GET", "/api/session")).body, { logged_in: false });
      assert.equal(rows().length, 0);
    });

    test("a restart in between keeps the session and its replaced refresh token", async () => {
      const browser = new Browser();
      await comeIn(browser);
      await sleep((LIFE * 1000) / 2 + 100);
      assert.equal((await ask(browser, "POST", "/api/token")).status, 200);
      await restart();
      assert.equal((await ask(browser, "POST", "/api/token")).status, 200);
      await ask(browser, "DELETE", "/api/session");
    });

    test("a revoked refresh token asks for a new login, and its row is gone", async () => {
      const browser = new Browser();
      await comeIn(browser);
      assert.equal(rows().length, 1);
      await server.revoke();
      await restart();
      const { status, body } = await ask(browser, "POST", "/api/token");
      assert.equal(status, 401);
      assert.equal(body.error, "login_required");
      assert.equal(rows().length, 0);
      assert.equal(await comeIn(browser), "/after", "and the new login works");
      await ask(browser, "DELETE", "/api/session");
    });

    test("a wrong client secret logs nobody out, and the log says where to look", async () => {
      const browser = new Browser();
      await comeIn(browser);
      await restart({ "client-secret-file": home.write("wrong", "not the secret") });
      const { status, body } = await ask(browser, "POST", "/api/token");
      assert.equal(status, 502);
      assert.equal(body.error, "provider_error");
      assert.equal(rows().length, 1);
      assert.equal(await comeIn(new Browser()), "/?login=failed");
      assert.match(proxy.told(), /refuses our request: invalid_client; compare client id, secret/);
      await restart();
      assert.equal((await ask(browser, "POST", "/api/token")).status, 200);
      await ask(browser, "DELETE", "/api/session");
    });

    test("an issuer other than the expected one ends the login before the code is redeemed", async () => {
      await restart({ issuer: "https://issuer.example" });
      const before = server.tokenRequests();
      const { status } = await server.logIn(new Browser(), `${origin}/api/login`, { stop: isSite });
      assert.equal(status, 400);
      assert.equal(server.tokenRequests(), before);
      await restart();
    });
  });
}
