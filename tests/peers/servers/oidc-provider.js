// The certified `oidc-provider`, with the pages it brings for trying things out.
//
//   node servers/oidc-provider.js PORT REDIRECT_URI...     with CLIENT_SECRET in the environment

import { once } from "node:events";
import http from "node:http";
import { pathToFileURL } from "node:url";
import Provider from "oidc-provider";

export const CLIENT = {
  id: "spotifinfo",
  secret: process.env.CLIENT_SECRET ?? "a secret: with/odd+characters%",
};

/** Starts it. `life` is the access token's, in seconds. */
export async function start({ redirectUris, life = 3600, port = 0 }) {
  const server = http.createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  // To a browser `localhost` is another site than `127.0.0.1`, where the proxy is.
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, configuration(redirectUris, life));
  const refreshTokens = new Set();
  provider.on("refresh_token.saved", (token) => refreshTokens.add(token));
  let tokenRequests = 0;
  provider.on("grant.success", () => (tokenRequests += 1));
  provider.on("grant.error", () => (tokenRequests += 1));
  server.on("request", provider.callback());
  return {
    issuer,
    scopes: "openid,offline_access",
    // Without a prompt for consent it grants no offline access (OpenID Connect Core, section 11).
    authorizeUrl: `${issuer}/auth?prompt=consent`,
    tokenUrl: `${issuer}/token`,
    tokenRequests: () => tokenRequests,
    logIn: approve,
    refuse,
    async revoke() {
      for (const token of refreshTokens) await token.destroy();
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function configuration(redirectUris, life) {
  return {
    clients: [{
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      redirect_uris: redirectUris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    }],
    features: { devInteractions: { enabled: true } },
    ttl: { AccessToken: life, AuthorizationCode: 60, Grant: 3600, IdToken: life, Interaction: 600, RefreshToken: 3600, Session: 3600 },
    rotateRefreshToken: true,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    cookies: { keys: ["only for loopback"] },
  };
}

/** Fills in its two pages: who the visitor is, and that it may go on. */
export async function approve(browser, authorize, options) {
  let page = await browser.open(authorize, options);
  for (let pages = 0; pages < 3 && page.text?.includes("<form"); pages += 1) {
    const fields = page.text.includes('name="login"') ? { login: "listener", password: "any" } : {};
    page = await browser.submit(page, fields, options);
  }
  return page;
}

/** Presses its cancel link. */
async function refuse(browser, authorize, options) {
  const page = await browser.open(authorize, options);
  const cancel = page.text.match(/href="([^"]*\/abort)"/)[1];
  return browser.open(new URL(cancel, page.url).href, { ...options, from: page.url });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [port, ...redirectUris] = process.argv.slice(2);
  const { issuer } = await start({ port: Number(port), redirectUris });
  console.log(`Listening on ${issuer}`);
}
