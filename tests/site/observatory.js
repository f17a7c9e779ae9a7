// Mozilla's HTTP Observatory, as far as one answer over TLS decides it: each rule with its
// modifier, and the grade that comes of all. The rules and numbers are those of version 1.4.8 of
// the npm package @mdn/mdn-http-observatory (src/grader/charts.js and src/analyzer/tests/); see also
// https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring

const BROAD = ["ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"];
const INLINE = ["'unsafe-inline'", "data:"];
const PASSIVE = ["img-src", "media-src"];
const QUIET = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const SIX_MONTHS = 15_552_000;
/** With less than this before bonuses, bonuses do not count. */
const BONUSES_FROM = 90;

/** A policy's directives; the first of two with one name counts, as in browsers. */
export function directives(policy) {
  const found = new Map();
  for (const part of policy.split(";")) {
    const [name, ...sources] = part.trim().split(/\s+/);
    if (name && !found.has(name.toLowerCase())) found.set(name.toLowerCase(), sources);
  }
  return found;
}

function csp(policy) {
  if (!policy) return [-25, "no Content-Security-Policy"];
  const all = directives(policy);
  const of = (name) => all.get(name) ?? all.get("default-src") ?? ["*"];
  const [script, style, object] = [of("script-src"), of("style-src"), of("object-src")];
  const any = (sources, bad) => sources.some((source) => bad.includes(source));
  const plain = (source) => /^(http|ftp):/.test(source);
  if (any(script, [...BROAD, ...INLINE]) || any(object, BROAD)) return [-20, "the policy lets any script or object in"];
  const active = [...all].filter(([name]) => !PASSIVE.includes(name)).flatMap(([, sources]) => sources);
  if (active.some(plain)) return [-20, "the policy lets active content in over plain HTTP"];
  if (any([...script, ...style], ["'unsafe-eval'"])) return [-10, "the policy allows eval"];
  if (PASSIVE.flatMap(of).some(plain)) return [-10, "the policy lets pictures in over plain HTTP"];
  if (any(style, [...BROAD, ...INLINE])) return [0, "the policy lets any style in"];
  const closed = all.get("default-src")?.join() === "'none'";
  return closed ? [10, "nothing is allowed by default"] : [5, "the policy is safe"];
}

function transport(value) {
  if (!value) return [-20, "no Strict-Transport-Security"];
  const age = value.includes(",") ? null : value.match(/(?:^|;)\s*max-age=(\d+)/i);
  if (!age) return [-20, "Strict-Transport-Security cannot be read"];
  return Number(age[1]) < SIX_MONTHS ? [-10, "HTTPS is required for less than six months"] : [0, "HTTPS is required"];
}

function framing(value, policy) {
  if (policy && directives(policy).has("frame-ancestors")) return [5, "frames are ruled by the policy"];
  return /^(deny|sameorigin|allow-from)/i.test(value ?? "") ? [0, "frames are ruled"] : [-20, "anybody may frame it"];
}

function referrer(value) {
  if (!value) return [0, "no Referrer-Policy"];
  const last = value.split(",").map((one) => one.trim().toLowerCase()).at(-1);
  return QUIET.includes(last) ? [5, "referrers are kept short"] : [-5, "referrers tell too much"];
}

function resources(value) {
  if (!value) return [0, "no Cross-Origin-Resource-Policy"];
  if (["same-site", "same-origin"].includes(value)) return [10, "only the site itself may load it"];
  return value === "cross-origin" ? [0, "anybody may load it"] : [-5, "Cross-Origin-Resource-Policy cannot be read"];
}

function sniffing(value) {
  return value === "nosniff" ? [0, "types are not guessed"] : [-5, "types are guessed"];
}

function scripts(html, site) {
  const tags = html.match(/<script\b[^>]*\bsrc=[^>]*>/gi) ?? [];
  if (!tags.length) return [0, "no scripts"];
  const strange = tags.filter((tag) => new URL(tag.match(/\bsrc="?([^"\s>]+)/i)[1], site).origin !== site);
  const bare = (tag) => !/\bintegrity=/i.test(tag);
  if (strange.some(bare)) return [-5, "a stranger's script comes without integrity"];
  return tags.every(bare) ? [0, "scripts come without integrity"] : [5, "scripts come with integrity"];
}

function cookies(lines) {
  if (!lines.length) return [0, "no cookies"];
  const has = (line, attribute) => new RegExp(`;\\s*${attribute}`, "i").test(line);
  if (lines.some((line) => !has(line, "Secure"))) return [-40, "a cookie goes over plain HTTP"];
  if (lines.some((line) => !has(line, "HttpOnly"))) return [-30, "scripts can read a cookie"];
  return lines.every((line) => has(line, "SameSite=(Lax|Strict)")) ? [5, "cookies stay here"] : [0, "cookies are safe"];
}

function sharing(headers, origin) {
  const allowed = headers["access-control-allow-origin"]?.[0];
  const reflected = origin && allowed === origin && headers["access-control-allow-credentials"]?.[0] === "true";
  return reflected ? [-50, "any origin may ask with cookies"] : [0, "no stranger may ask with cookies"];
}

function letter(score) {
  if (score >= 100) return "A+";
  const grades = [[90, "A"], [85, "A-"], [80, "B+"], [70, "B"], [65, "B-"], [60, "C+"], [50, "C"], [45, "C-"],
    [40, "D+"], [30, "D"], [25, "D-"], [0, "F"]];
  return grades.find(([least]) => score >= least)?.[1] ?? "F";
}

/**
 * @param {{headers: Record<string, string[]>, body: string}} answer over TLS
 * @param {{site: string, origin?: string}} asked the site's origin; the `Origin` that was sent
 * @returns {{score: number, grade: string, rules: [number, string][]}}
 */
export function grade({ headers, body }, { site, origin }) {
  const value = (name) => headers[name]?.join(", ");
  const policy = value("content-security-policy");
  const rules = [
    csp(policy),
    transport(value("strict-transport-security")),
    framing(value("x-frame-options"), policy),
    referrer(value("referrer-policy")),
    resources(value("cross-origin-resource-policy")),
    sniffing(value("x-content-type-options")),
    scripts(body, site),
    cookies(headers["set-cookie"] ?? []),
    sharing(headers, origin),
  ];
  const bad = rules.reduce((sum, [modifier]) => sum + Math.min(0, modifier), 100);
  const all = rules.reduce((sum, [modifier]) => sum + modifier, 100);
  const score = Math.max(0, bad >= BONUSES_FROM ? all : bad);
  return { score, grade: letter(score), rules };
}
