// How each state that is not the usual one is reached, for pictures and for accessibility.

import { filled, logIn } from "./harness.js";

const fault = (demo, endpoint, kind, more = {}) =>
  demo.control("POST", "faults", { endpoint, kind, ...more });

async function on(page, path, text) {
  await logIn(page, path);
  await page.getByText(text).first().waitFor();
}

const player = (state, text) => async ({ page, demo }) => {
  await demo.control("POST", "player", { state });
  await on(page, "/", text);
};

const login = (outcome, text) => async ({ page }) => {
  await page.goto(`/?login=${outcome}`);
  await filled(page);
  await page.getByText(text).waitFor();
};

const robot = (error, text) => async ({ page }) => {
  await page.route("**/api/token", (route) => route.fulfill({ status: 403, json: { error } }));
  await on(page, "/account/", text);
};

/** A page to which neither Spotify nor the proxy has answered yet. */
const loading = (path) => async ({ page }) => {
  await logIn(page, path);
  await page.route("**/api/token", () => {});
  await page.goto(path);
  await page.locator('html[data-session="in"] [aria-busy=true] .line').first().waitFor();
};

/** By name: brings `page` into the state. */
export const STATES = {
  "loading-home": loading("/"),
  "loading-tracks": loading("/top/tracks/"),
  "loading-account": loading("/account/"),
  nothing: player("nothing", "Nothing is playing"),
  ad: player("ad", "An advertisement"),
  private: player("private", "A private session"),
  unknown: player("unknown", "Something is playing"),
  local: player("local", "A file of your own"),
  paused: player("paused", "Paused"),
  episode: async ({ page, demo }) => {
    await demo.control("POST", "player", { state: "episode" });
    await logIn(page);
    await page.locator('[data-kind="episode"] .card-title').waitFor();
  },
  "empty-history": async ({ page, demo }) => {
    await demo.control("PATCH", "settings", { empty_history: true });
    await on(page, "/", "Nothing here yet");
  },
  "empty-top": async ({ page, demo }) => {
    await demo.control("PATCH", "settings", { empty_history: true });
    await on(page, "/top/tracks/", "Spotify does not know");
  },
  "not-allowed": async ({ page, demo }) => {
    await demo.control("PATCH", "settings", { allow_listed: false });
    await on(page, "/top/tracks/", "does not let this account in");
  },
  "rate-limited": async ({ page, demo }) => {
    await fault(demo, "top_tracks", "status", { status: 429, retry_after: "120" });
    await on(page, "/top/tracks/", "asks for a pause");
  },
  "spotify-down": async ({ page, demo }) => {
    await fault(demo, "me", "status", { status: 500 });
    await on(page, "/account/", "Spotify does not answer");
  },
  "proxy-down": async ({ page }) => {
    await page.route("**/api/session", (route) => route.abort());
    await page.goto("/account/");
    await page.getByText("login server does not answer").waitFor();
  },
  quota: async ({ page, demo }) => {
    const body = JSON.stringify({ error: { status: 429, reason: "QUOTA_EXCEEDED" } });
    await fault(demo, "top_tracks", "status", { status: 429, body });
    await on(page, "/top/tracks/", "That is enough for today");
  },
  "captcha-required": robot("captcha_required", "A check that you are a person"),
  "captcha-failed": robot("captcha_failed", "you may be a robot"),
  "cookies-blocked": async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "cookieEnabled", { get: () => false });
    });
    await page.goto("/account/");
    await page.getByText("Cookies are blocked").waitFor();
  },
  "scripts-off": async ({ page }) => {
    await page.route("**/*.js", (route) => route.abort());
    await page.goto("/");
    await page.getByText("needs scripts").waitFor();
  },
  idle: async ({ page }) => {
    await page.addInitScript(() => {
      const real = performance.now.bind(performance);
      globalThis.later = 0;
      performance.now = () => real() + globalThis.later;
    });
    await logIn(page);
    await filled(page);
    await page.evaluate(() => { globalThis.later = 31 * 60_000; });
    await page.getByRole("button", { name: "Resume" }).waitFor();
  },
  taking: async ({ page }) => {
    await logIn(page, "/top/tracks/");
    await filled(page);
    await page.getByRole("button", { name: "Share or save" }).click();
    await page.getByRole("dialog").waitFor();
  },
  offline: async ({ page, context }) => {
    await logIn(page, "/top/tracks/");
    await filled(page);
    await context.setOffline(true);
    await page.getByRole("link", { name: "4 weeks" }).click();
    await page.getByText("You are offline").waitFor();
  },
  "login-ended": async ({ page }) => {
    await logIn(page, "/account/");
    await filled(page);
    await page.route("**/api/token", (route) =>
      route.fulfill({ status: 401, json: { error: "login_required" } }));
    await page.reload();
    await page.getByText("Your login has ended").waitFor();
  },
  restricted: async ({ page }) => {
    await logIn(page, "/data/");
    await filled(page);
    await page.getByRole("button", { name: "Restrict" }).click();
    await page.getByText("Restricted: your login is kept").waitFor();
    await page.goto("/account/");
    await page.getByText("Your data is restricted").waitFor();
  },
  "erasing-fails": async ({ page }) => {
    await logIn(page, "/data/");
    await filled(page);
    await page.route("**/api/session", (route, request) =>
      request.method() === "DELETE" ? route.abort() : route.continue());
    await page.getByRole("button", { name: "Erase", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
    await page.getByText("login server does not answer").waitFor();
  },
  confirm: async ({ page }) => {
    await logIn(page, "/data/");
    await filled(page);
    await page.getByRole("button", { name: "Erase", exact: true }).click();
  },
  erased: async ({ page }) => {
    await logIn(page, "/account/");
    await filled(page);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByText("everything erased").waitFor();
  },
  "login-denied": login("denied", "You did not log in"),
  "login-expired": login("expired", "That took a little long"),
  "login-failed": login("failed", "did not come back"),
};
