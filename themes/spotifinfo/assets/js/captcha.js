// reCAPTCHA v3, loaded only where the proxy asks for it, and only after login.

import { Trouble } from "./trouble.js";

const SOURCE = "https://www.google.com/recaptcha/api.js?render=";

function load(key) {
  const url = SOURCE + encodeURIComponent(key);
  const policy = globalThis.trustedTypes?.createPolicy("captcha", { createScriptURL: () => url });
  const script = document.createElement("script");
  script.src = policy ? policy.createScriptURL(url) : url;
  return new Promise((resolve, reject) => {
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Trouble("captcha_required")));
    document.head.append(script);
  });
}

/** A token with which the proxy finds out whether this is a person; Trouble where none can be had. */
export async function proveHuman(key) {
  if (!globalThis.grecaptcha) await load(key);
  await new Promise((resolve) => globalThis.grecaptcha.ready(resolve));
  try {
    return await globalThis.grecaptcha.execute(key, { action: "token" });
  } catch {
    throw new Trouble("captcha_required");
  }
}
