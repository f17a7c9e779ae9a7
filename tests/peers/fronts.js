// The recipes in proxy/deploy as they are, but for addresses, files and certificates: each front
// runs on loopback with a folder of its own.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import workerd from "workerd";
import { ROOT, freePort, program } from "./proxy.js";

export const HOST = "www.example.com";

const DEPLOY = path.join(ROOT, "proxy/deploy");
const PATIENCE = 15_000;

/** A recipe with each key of `changes` replaced by its value; all of them have to be there. */
export function recipe(name, changes) {
  let text = readFileSync(path.join(DEPLOY, name), "utf8");
  for (const [old, other] of Object.entries(changes)) {
    if (!text.includes(old)) throw new Error(`${name} has no \`${old}\``);
    text = text.replaceAll(old, other);
  }
  return text;
}

/** The site, built for the host, with the rules that nginx and Caddy include. */
export function site(folder) {
  mkdirSync(path.dirname(folder), { recursive: true });
  const given = ["--root", ROOT, "--out", folder, "--base-url", `https://${HOST}`, "--emit", "nginx,caddy"];
  execFileSync(program("spotifinfo"), given, { stdio: "pipe" });
}

export async function nginx(folder, proxy) {
  const port = await freePort();
  const file = (name) => path.join(folder, name);
  const { certificate, key } = tls(folder);
  const text = recipe("nginx.conf", {
    "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
    "/etc/ssl/www.example.com.pem": certificate,
    "/etc/ssl/www.example.com.key": key,
    "/var/log/nginx/site.log": file("front.log"),
    "/var/log/nginx/site-errors.log": file("errors.log"),
    "/srv/www/dist": file("dist"),
    "server 127.0.0.1:8080;": `server ${new URL(proxy).host};`,
  });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const paths = temporary.map((kind) => `${kind}_temp_path ${file(kind)};`).join(" ");
  writeFileSync(file("nginx.conf"), `daemon off; pid ${file("pid")}; error_log ${file("error.log")}; events {} http { ${paths}\n${text}\n}`);
  const given = ["-p", folder, "-e", file("error.log"), "-c", file("nginx.conf")];
  const server = existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
  execFileSync(server, ["-t", ...given], { stdio: "pipe" });
  return start(server, given, { port, logs: [file("front.log"), file("errors.log"), file("error.log")], said: file("said") });
}

export async function caddy(folder, proxy) {
  const port = await freePort();
  const file = (name) => path.join(folder, name);
  const { certificate, key } = tls(folder);
  const text = recipe("Caddyfile", {
    "\n{\n": `\n{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port ${port}\n`,
    "www.example.com {": `${HOST} {\n\tbind 127.0.0.1\n\ttls ${certificate} ${key}`,
    "/srv/www/dist": file("dist"),
    "127.0.0.1:8080": new URL(proxy).host,
  });
  writeFileSync(file("Caddyfile"), text);
  const given = ["--config", file("Caddyfile"), "--adapter", "caddyfile"];
  const env = { HOME: folder, PATH: process.env.PATH };
  execFileSync("caddy", ["validate", ...given], { stdio: "pipe", env });
  return start("caddy", ["run", ...given], { port, logs: [file("said")], said: file("said"), env });
}

/**
 * Cloudflare's own runtime, which hears plain HTTP from whatever ends TLS. `more` are variables and
 * secrets of the Worker besides the proxy's address.
 */
export async function worker(folder, proxy, more = {}) {
  const port = await freePort();
  const file = (name) => path.join(folder, name);
  const bindings = Object.entries({ PROXY: proxy, ...more }).map(([name, text]) => `(name = "${name}", text = "${text}")`);
  copyFileSync(path.join(DEPLOY, "cloudflare-worker.js"), file("worker.js"));
  writeFileSync(file("config.capnp"), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-01-01",
  bindings = [${bindings}],
);
`);
  // The program itself: what stands in .bin may be a script that starts it and leaves it behind.
  const front = await start(workerd.default, ["serve", file("config.capnp")], { port, logs: [file("said")], said: file("said") });
  return { ...front, place: { port, plain: true } };
}

function tls(folder) {
  const [certificate, key] = ["site.pem", "site.key"].map((name) => path.join(folder, name));
  execFileSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-subj", `/CN=${HOST}`, "-addext", `subjectAltName=DNS:${HOST}`, "-out", certificate, "-keyout", key,
  ], { stdio: "pipe" });
  return { certificate, key };
}

async function start(server, given, { port, logs, said, env = process.env }) {
  const child = spawn(server, given, { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (piece) => {
      text += piece;
      writeFileSync(said, text);
    });
  }
  writeFileSync(said, text);
  for (let waited = 0; !(await listens(port)); waited += 50) {
    if (child.exitCode !== null || waited > PATIENCE) throw new Error(`${server} does not listen: ${text}`);
    await sleep(50);
  }
  return {
    place: { port, plain: false },
    /** Everything that it has written down. */
    log: () => logs.map((log) => readFileSync(log, "utf8")).join(""),
    async stop() {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
