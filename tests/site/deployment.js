// The site as in production: the built folder on nginx over TLS and HTTP/2, compressed, with the
// proxy behind it. The hosts are made up and exist in the browser alone; see `flags`.

import { createHash, X509Certificate } from "node:crypto";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { ROOT, controlOf, freePort, program } from "./harness.js";

const WWW = "www.spotifinfo.example";
const AUTH = "auth.spotifinfo.example";
const STAND_IN = "stand-in.example";

export const NGINX = ["/usr/sbin/nginx", "/usr/bin/nginx"].find(existsSync);
/** Where Debian's nginx keeps the module that serves `.br` files. */
const BROTLI = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so";

/** Runs `name` to its end; its output, or an error with what it said. */
function ran(name, args, options = {}) {
  const done = spawnSync(name, args, { encoding: "utf8", ...options });
  if (done.status !== 0) throw new Error(`${name} ended with ${done.status}: ${done.error ?? done.stderr}`);
  return done.stdout;
}

/** Builds the site into `out`. */
export function build(out, environment = {}, ...flags) {
  const env = { ...process.env, ...environment };
  ran(program("spotifinfo"), ["build", "--out", out, ...flags], { cwd: ROOT, env });
  return out;
}

/** Every file below `folder`, as paths relative to it. */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** A server that knows files and their types, and nothing else. */
export async function serveFiles(folder) {
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, "http://any");
    let file = path.join(folder, pathname);
    if (existsSync(file) && statSync(file).isDirectory()) file = path.join(file, "index.html");
    const found = existsSync(file);
    answer.writeHead(found ? 200 : 404, { "Content-Type": TYPES[path.extname(file)] ?? "text/plain" });
    answer.end(found ? readFileSync(file) : "not here");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, site: `http://127.0.0.1:${server.address().port}` };
}

/** `.br` and `.gz` beside what is text, as a CDN makes them. */
function compress(folder) {
  for (const name of filesIn(folder)) {
    if (!/\.(html|css|js|svg|xml|txt)$/.test(name)) continue;
    const file = path.join(folder, name);
    const bytes = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}

/** A certificate for all hosts, and what tells the browser that this one is good. */
function certify(folder) {
  const [key, cert] = [path.join(folder, "tls.key"), path.join(folder, "tls.pem")];
  const names = [WWW, AUTH, STAND_IN].map((host) => `DNS:${host}`).join(",");
  ran("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-days", "3", "-subj", `/CN=${WWW}`, "-addext", `subjectAltName=${names}`, "-keyout", key, "-out", cert]);
  const pem = readFileSync(cert);
  const spki = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return { key, cert, pem, pin: createHash("sha256").update(spki).digest("base64") };
}

/** Waits until a child has said something that `found` makes an answer of. */
function told(child, name, found) {
  return new Promise((resolve, reject) => {
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (piece) => {
        text += piece;
        const answer = found(text);
        if (answer) resolve(answer);
      });
    }
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}: ${text}`)));
  });
}

async function startStandIn(callback) {
  const ports = ["--port", String(await freePort()), "--control-port", String(await freePort())];
  const child = spawn(program("fake-spotify"), [
    ...ports, "--origin", `https://${STAND_IN}`, "--redirect-uri", callback]);
  const said = await told(child, "the stand-in", (text) => /^Client secret: .+$/m.test(text) && text);
  const value = (name) => said.match(new RegExp(`^${name}: (\\S+)$`, "m"))[1];
  return {
    child,
    upstream: `127.0.0.1:${ports[1]}`,
    control: controlOf(value("Control").replace(/\/$/, "")),
    client: value("Client"),
    secret: value("Client secret"),
  };
}

/** What makes proxy and site ask for proof of a person, which `verifier` judges; nothing without. */
function captcha(folder, verifier) {
  if (!verifier) return { flags: {}, environment: {} };
  const secret = path.join(folder, "captcha-secret");
  writeFileSync(secret, "a captcha secret\n", { mode: 0o600 });
  return {
    flags: { "recaptcha-secret-file": secret, "recaptcha-verify-url": verifier },
    environment: {
      SITE_EXTRA_RECAPTCHA_SITE_KEY: "a-site-key",
      SITE_EXTRA_RECAPTCHA_ORIGINS: "https://www.google.com https://www.gstatic.com",
      SITE_EXTRA_TRUSTED_TYPES: "*",
    },
  };
}

/** The proxy as an operator starts it, behind a front server on this machine. */
async function startProxy(folder, standIn, site, auth, more) {
  const keys = path.join(folder, "keys");
  const secret = path.join(folder, "client-secret");
  writeFileSync(secret, `${standIn.secret}\n`, { mode: 0o600 });
  ran(program("spotifinfo-proxy"), ["keys", "generate", "--keys-file", keys]);
  const flags = {
    listen: "127.0.0.1:0",
    "public-origin": auth,
    "site-origin": site,
    "authorize-url": `https://${STAND_IN}/authorize`,
    "token-url": `http://${standIn.upstream}/api/token`,
    "client-id": standIn.client,
    "client-secret-file": secret,
    "keys-file": keys,
    db: path.join(folder, "sessions.db"),
    "access-log": "off",
    "trusted-proxies": "127.0.0.1",
    "client-ip-header": "X-Real-IP",
    ...more,
  };
  const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(program("spotifinfo-proxy"), ["serve", ...given]);
  const upstream = await told(child, "the proxy", (text) => text.match(/127\.0\.0\.1:(?!0\b)\d+/)?.[0]);
  return { child, upstream };
}

const passOn = (upstream) => `
      proxy_pass http://${upstream}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;`;

function nginxConf(folder, { port, tls, dist, api, authAlone, standIn }) {
  const server = (host, rest) => `
    server {
      listen 127.0.0.1:${port} ssl http2; server_name ${host}; server_tokens off; ${rest}
    }`;
  return `
  ${existsSync(BROTLI) ? `load_module ${BROTLI};` : ""}
  daemon off; pid ${folder}/nginx.pid; error_log stderr; worker_processes 1;
  events {}
  http {
    include /etc/nginx/mime.types; access_log off; sendfile on; keepalive_timeout 30s;
    ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key}; ssl_session_cache shared:tls:1m;
    client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
    uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
    ${server(WWW, `
      root ${dist}; gzip_static on; ${existsSync(BROTLI) ? "brotli_static on;" : ""}
      include ${dist}/nginx.conf;
      ${authAlone ? "" : `location /api/ { ${passOn(api)} }`}`)}
    ${authAlone ? server(AUTH, `location / { ${passOn(api)} }`) : ""}
    ${server(STAND_IN, `gzip on; gzip_types application/json; location / { ${passOn(standIn)} }`)}
  }`;
}

/** Asks the deployment from outside a browser: status, headers with several values each, body. */
function asker(port, tls) {
  return (url, headers = {}) => new Promise((resolve, reject) => {
    const { hostname, pathname, search } = new URL(url);
    const options = {
      host: "127.0.0.1", port, servername: hostname, ca: tls.pem, path: pathname + search, agent: false,
      headers: { Host: hostname, ...headers },
    };
    request(options, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (piece) => { body += piece; });
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headersDistinct, body }));
    }).on("error", reject).end();
  });
}

async function answering(ask, url) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await ask(url).catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} does not answer`);
}

async function stopAll(children) {
  for (const child of children) {
    if (child.exitCode !== null) continue;
    child.kill("SIGINT");
    await once(child, "exit");
  }
}

/**
 * Everything, up and running. With `sibling` the proxy stands on a host of its own beside the
 * site's; without, below `/api/` of the site. With `verifier`, an address, visitors must prove to
 * it that they are no robots. `flags` are what the browser must be started with.
 */
export async function deploy({ sibling = false, verifier } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "deployment-"));
  // Started by root, nginx reads as nobody.
  chmodSync(folder, 0o755);
  const [site, auth] = [`https://${WWW}`, `https://${sibling ? AUTH : WWW}`];
  const children = [];
  const stop = async () => {
    await stopAll(children.toReversed());
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const tls = certify(folder);
    const standIn = await startStandIn(`${auth}/api/callback`);
    children.push(standIn.child);
    const check = captcha(folder, verifier);
    const proxy = await startProxy(folder, standIn, site, auth, check.flags);
    children.push(proxy.child);
    const environment = {
      SITE_BASE_URL: site,
      SITE_EXTRA_AUTH_ORIGIN: sibling ? auth : "",
      SITE_EXTRA_WEB_API: `https://${STAND_IN}`,
      SITE_EXTRA_IMAGE_ORIGINS: `https://${STAND_IN}`,
      ...check.environment,
    };
    const dist = build(path.join(folder, "dist"), environment, "--emit", "nginx");
    compress(dist);
    const port = await freePort();
    const conf = path.join(folder, "nginx.conf");
    const upstreams = { api: proxy.upstream, standIn: standIn.upstream };
    writeFileSync(conf, nginxConf(folder, { port, tls, dist, authAlone: sibling, ...upstreams }));
    children.push(spawn(NGINX, ["-c", conf, "-p", folder], { stdio: ["ignore", "ignore", "inherit"] }));
    const ask = asker(port, tls);
    await answering(ask, site);
    const flags = [
      `--host-resolver-rules=MAP *.example:443 127.0.0.1:${port}`,
      `--ignore-certificate-errors-spki-list=${tls.pin}`,
    ];
    return { site, auth, dist, control: standIn.control, ask, flags, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
