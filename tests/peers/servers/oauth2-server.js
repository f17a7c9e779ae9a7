// `@node-oauth/oauth2-server`, a library that knows OAuth 2.0 alone: no OpenID Connect, no `iss`.
// Storage and the page that asks the visitor are left to whoever uses it, so they are here.

import { once } from "node:events";
import http from "node:http";
import OAuth2Server from "@node-oauth/oauth2-server";

// It compares the secret as it is sent: RFC 6749 section 2.3.1 has it form-encoded, which changes
// nothing about letters and digits.
export const CLIENT = { id: "spotifinfo", secret: "aSecretOfLettersAndDigits1" };

/** Starts it. `life` is the access token's, in seconds. */
export async function start({ redirectUris, life = 3600 }) {
  const server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // To a browser `localhost` is another site than `127.0.0.1`, where the proxy is.
  const origin = `http://localhost:${server.address().port}`;
  const model = new Model(redirectUris);
  const oauth = new OAuth2Server({ model, accessTokenLifetime: life, refreshTokenLifetime: 3600 });
  let tokenRequests = 0;
  const routes = {
    "GET /authorize": (request, response) => ask(request, response),
    "POST /authorize": (request, response) =>
      oauth.authorize(request, response, { authenticateHandler: { handle: () => ({ id: "listener" }) } }),
    "POST /token": (request, response) => {
      tokenRequests += 1;
      return oauth.token(request, response);
    },
  };
  server.on("request", (request, response) => serve(routes, request, response));
  return {
    issuer: undefined,
    scopes: "read,write",
    authorizeUrl: `${origin}/authorize`,
    tokenUrl: `${origin}/token`,
    tokenRequests: () => tokenRequests,
    logIn: (browser, authorize, options) => decide(browser, authorize, "true", options),
    refuse: (browser, authorize, options) => decide(browser, authorize, "false", options),
    async revoke() {
      model.refreshTokens.clear();
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function decide(browser, authorize, allowed, options) {
  return browser.submit(await browser.open(authorize, options), { allowed }, options);
}

/** What the library leaves to others: where codes and tokens are kept. */
class Model {
  codes = new Map();
  refreshTokens = new Map();

  constructor(redirectUris) {
    this.client = { id: CLIENT.id, redirectUris, grants: ["authorization_code", "refresh_token"] };
  }

  async getClient(id, secret) {
    return id === CLIENT.id && (secret === null || secret === CLIENT.secret) ? this.client : undefined;
  }

  async saveAuthorizationCode(code, client, user) {
    const kept = { ...code, client, user };
    this.codes.set(code.authorizationCode, kept);
    return kept;
  }

  async getAuthorizationCode(code) {
    return this.codes.get(code);
  }

  async revokeAuthorizationCode({ authorizationCode }) {
    return this.codes.delete(authorizationCode);
  }

  async saveToken(token, client, user) {
    const kept = { ...token, client, user };
    this.refreshTokens.set(token.refreshToken, kept);
    return kept;
  }

  async getRefreshToken(token) {
    return this.refreshTokens.get(token);
  }

  async revokeToken({ refreshToken }) {
    return this.refreshTokens.delete(refreshToken);
  }

  async getAccessToken() {
    return undefined;
  }
}

function ask(request, response) {
  const action = `/authorize?${new URLSearchParams(request.query)}`.replaceAll("&", "&amp;");
  response.status = 200;
  response.headers = { "content-type": "text/html" };
  response.body = `<form method="post" action="${action}"><button name="allowed" value="true">Allow</button></form>`;
}

async function serve(routes, incoming, outgoing) {
  const url = new URL(incoming.url, "http://localhost");
  let text = "";
  for await (const piece of incoming) text += piece;
  const request = new OAuth2Server.Request({
    method: incoming.method,
    headers: incoming.headers,
    query: Object.fromEntries(url.searchParams),
    body: Object.fromEntries(new URLSearchParams(text)),
  });
  const response = new OAuth2Server.Response();
  const route = routes[`${incoming.method} ${url.pathname}`];
  try {
    if (route) await route(request, response);
    else response.status = 404;
  } catch (error) {
    // The library has put it into the response already, where it is one of its own.
    if (!(error instanceof OAuth2Server.OAuthError)) throw error;
  }
  const isJson = typeof response.body === "object";
  outgoing.writeHead(response.status, { ...(isJson ? { "content-type": "application/json" } : {}), ...response.headers });
  outgoing.end(isJson ? JSON.stringify(response.body) : response.body);
}
