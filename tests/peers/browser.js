// A scripted browser: cookies by host, path and SameSite, Fetch Metadata, redirects. As strict as
// a real one where the proxy relies on it.

import http from "node:http";
import https from "node:https";

const MOST_REDIRECTS = 20;

/**
 * One request; `headers` in the answer have lower-case names. `at` is where the host of `url` is
 * really to be found: `{ port, plain, headers }` on loopback, with or without TLS, behind an edge
 * that adds headers.
 */
export function send(url, { method = "GET", headers = {}, body = "", at = undefined } = {}) {
  return new Promise((resolve, reject) => {
    const { host, hostname, protocol } = new URL(url);
    const isPlain = at?.plain ?? protocol === "http:";
    const length = method === "GET" ? {} : { "content-length": Buffer.byteLength(body) };
    const own = { method, headers: { host, ...length, ...headers, ...at?.headers }, agent: false };
    const there = at && {
      host: "127.0.0.1",
      port: at.port,
      servername: hostname,
      rejectUnauthorized: false,
      path: url.slice(new URL(url).origin.length),
    };
    const request = (isPlain ? http : https).request(...(at ? [{ ...own, ...there }] : [url, own]));
    request.once("error", reject);
    request.once("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece) => (text += piece));
      answer.once("error", reject);
      answer.once("end", () => resolve({
        url,
        status: answer.statusCode,
        headers: answer.headers,
        text,
        json: () => JSON.parse(text),
      }));
    });
    request.end(body);
  });
}

export class Browser {
  #cookies = [];
  #places;

  /** `places`: where some hosts are really to be found, by name; see `send`. */
  constructor(places = {}) {
    this.#places = places;
  }

  /**
   * Opens `url` as a link on `from` does (or the address bar, where there is none) and follows
   * redirects until there is a page, or until `stop(url)`. The answer of a stop has no status.
   */
  async open(url, { from = undefined, stop = () => false, ...rest } = {}) {
    let asked = { url, ...rest };
    for (let round = 0; round < MOST_REDIRECTS; round += 1) {
      if (stop(asked.url)) return { url: asked.url };
      const answer = await this.#ask(asked, from, navigation(asked.url, from));
      if (answer.status < 300 || answer.status > 399) return answer;
      // A redirect after a form is fetched (RFC 9110 section 15.4.3); it keeps its initiator.
      asked = { url: new URL(answer.headers.location, asked.url).href };
    }
    throw new Error(`${url} redirects for ever`);
  }

  /** Sends a page's only form, with `fields`. */
  submit(page, fields, options = {}) {
    const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const action = page.text.match(/<form[^>]* action="([^"]*)"/)[1].replaceAll("&amp;", "&");
    const body = new URLSearchParams([...hidden.map(([, name, value]) => [name, value]), ...Object.entries(fields)]);
    return this.open(new URL(action, page.url).href, {
      from: page.url,
      method: "POST",
      body: body.toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
      ...options,
    });
  }

  /** What a script on a page of the same origin sends. */
  script(method, url, { headers = {}, ...rest } = {}) {
    const metadata = {
      origin: new URL(url).origin,
      "sec-fetch-site": "same-origin",
      "sec-fetch-mode": "cors",
      "sec-fetch-dest": "empty",
    };
    return this.#ask({ url, method, headers: { ...metadata, ...headers }, ...rest }, url, {});
  }

  /** What a page of the same origin sends to `url` as `Cookie`. */
  cookies(url) {
    return this.#sent(new URL(url), true).join("; ");
  }

  async #ask({ url, headers = {}, ...rest }, from, metadata) {
    const cookies = this.#sent(new URL(url), from === undefined || isSameSite(from, url));
    const cookie = cookies.length > 0 ? { cookie: cookies.join("; ") } : {};
    const answer = await send(url, { ...rest, at: this.#places[new URL(url).hostname], headers: { ...metadata, ...headers, ...cookie } });
    for (const line of answer.headers["set-cookie"] ?? []) this.#keep(new URL(url), line);
    return answer;
  }

  #sent(url, isOwn) {
    const fits = ({ host, path, sameSite }) =>
      host === url.hostname &&
      (url.pathname === path || url.pathname.startsWith(path.endsWith("/") ? path : `${path}/`)) &&
      (isOwn || sameSite !== "strict");
    return this.#cookies.filter(fits).map(({ name, value }) => `${name}=${value}`);
  }

  #keep(url, line) {
    const [pair, ...rest] = line.split(/; */);
    const at = pair.indexOf("=");
    const attributes = new Map(rest.map((text) => {
      const [name, value = ""] = text.split("=");
      return [name.toLowerCase(), value];
    }));
    const cookie = {
      name: pair.slice(0, at),
      value: pair.slice(at + 1),
      host: url.hostname,
      path: attributes.get("path") ?? "/",
      sameSite: attributes.get("samesite")?.toLowerCase() ?? "lax",
    };
    const isSame = ({ name, host, path }) => name === cookie.name && host === cookie.host && path === cookie.path;
    this.#cookies = this.#cookies.filter((other) => !isSame(other));
    const isOver = Number(attributes.get("max-age") ?? 1) <= 0 || new Date(attributes.get("expires") ?? "9999") < new Date();
    if (!isOver) this.#cookies.push(cookie);
  }
}

function navigation(url, from) {
  const site = from === undefined ? "none" : isSameSite(from, url) ? "same-origin" : "cross-site";
  return {
    "sec-fetch-site": site,
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "sec-fetch-user": "?1",
    accept: "text/html",
  };
}

// On loopback a site is a host name: ports do not count, as for cookies.
function isSameSite(one, other) {
  return new URL(one).hostname === new URL(other).hostname;
}
