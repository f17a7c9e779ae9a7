// The auth proxy as its own process, on throw-away files.

import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The program of that name, as `cargo build` left it. */
export function program(name = "spotifinfo-proxy") {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target");
  const kinds = ["debug", "release"].map((kind) => path.join(target, kind, name));
  const found = kinds.find(existsSync);
  if (!found) throw new Error(`${name} is not built: cargo build -p generator -p proxy`);
  return found;
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** A folder with a key file and a client secret, in which proxies can be started one by one. */
export class Home {
  constructor(clientSecret) {
    this.folder = mkdtempSync(path.join(tmpdir(), "spotifinfo-peers-"));
    this.write("secret", clientSecret);
    execFileSync(program(), ["keys", "generate", "--keys-file", this.file("keys")]);
  }

  file(name) {
    return path.join(this.folder, name);
  }

  write(name, text) {
    writeFileSync(this.file(name), text, { mode: 0o600 });
    return this.file(name);
  }

  /** The rows in the database, as the operator's command lists them. */
  sessions(flags) {
    const given = this.#arguments({ ...flags, listen: "127.0.0.1:0" });
    const listed = execFileSync(program(), ["sessions", "list", ...given], { env: {}, encoding: "utf8" });
    return listed.split("\n").filter((line) => line !== "");
  }

  /** Everything in the access log so far. */
  accessLog() {
    return readFileSync(this.file("access.log"), "utf8");
  }

  /** Starts the proxy with `flags` (without their dashes) and waits until it listens. */
  async start(flags) {
    const child = spawn(program(), this.#arguments(flags), { env: {}, stdio: ["ignore", "ignore", "pipe"] });
    let told = "";
    const address = await new Promise((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (piece) => {
        told += piece;
        const listening = told.match(/^Listening on (http:\S+)$/m);
        if (listening) resolve(listening[1]);
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`the proxy ended: ${told}`)));
    });
    return {
      address,
      told: () => told,
      async stop() {
        if (child.exitCode !== null) return;
        child.kill("SIGTERM");
        await once(child, "exit");
      },
    };
  }

  #arguments(flags) {
    const all = {
      listen: "127.0.0.1:0",
      "client-secret-file": this.file("secret"),
      db: this.file("sessions.db"),
      "keys-file": this.file("keys"),
      "access-log": this.file("access.log"),
      drain: "1s",
      ...flags,
    };
    return Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
