// Every built file, without a browser: valid to two judges, and free of what a strict policy and
// careful scripts do without.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { HtmlValidate } from "html-validate";
import { build, filesIn, serveFiles } from "../deployment.js";
import { record } from "../results.js";

const VNU = createRequire(import.meta.url)("vnu-jar");

let folder;
let dist;
let files;
/** The pages, addresses that only lead on left out. */
let pages;

const textOf = (name) => readFileSync(path.join(dist, name), "utf8");
const ending = (...endings) => files.filter((name) => endings.some((end) => name.endsWith(end)));

/** Keeps that `judge` found nothing. */
function valid(judge) {
  record("Valid HTML", ["judge", "pages", "errors and warnings (0)"], [[judge, pages.length, 0]]);
}

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "validity-"));
  dist = build(path.join(folder, "dist"));
  files = filesIn(dist);
  pages = ending(".html");
  assert.ok(pages.length > 7, "hardly anything was built");
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("the Nu HTML checker has neither errors nor warnings", async () => {
  // Asked for by address, since 'self' in a page's own policy means nothing to a file.
  const { server, site } = await serveFiles(dist);
  const child = spawn("java", ["-Dnu.validator.servlet.allow-forbidden-hosts=true", "-jar", VNU, "--stdout",
    "--exit-zero-always", "--format", "json", ...pages.map((name) => `${site}/${name}`)]);
  let told = "";
  child.stdout.on("data", (piece) => { told += piece; });
  child.stderr.pipe(process.stderr);
  const [status] = await once(child, "close");
  server.close();
  assert.equal(status, 0);
  const found = JSON.parse(told).messages
    .filter(({ type, subType }) => type !== "info" || subType === "warning")
    .map(({ url, lastLine, message }) => `${url}:${lastLine} ${message}`);
  assert.deepEqual(found, []);
  valid("Nu HTML checker");
});

test("html-validate has neither errors nor warnings", async () => {
  const validator = new HtmlValidate({
    extends: ["html-validate:recommended", "html-validate:document"],
    rules: {
      "void-style": "off",
      "no-trailing-whitespace": "off",
      "doctype-style": "off",
      "attribute-boolean-style": "off",
      "long-title": "off",
      "require-sri": ["error", { target: "crossorigin" }],
    },
  });
  const found = [];
  for (const name of pages) {
    const report = await validator.validateString(textOf(name), name);
    for (const { messages } of report.results) {
      found.push(...messages.map(({ line, column, ruleId, message }) => `${name}:${line}:${column} ${ruleId}: ${message}`));
    }
  }
  assert.deepEqual(found, []);
  valid("html-validate");
});

/** Where `pattern` occurs in `names`, a line each. */
function occurrences(names, pattern) {
  return names.flatMap((name) => [...textOf(name).matchAll(pattern)].map(([found]) => `${name}: ${found}`));
}

test("no page has an inline script, style or handler", () => {
  assert.deepEqual(occurrences(pages, /<script(?![^>]*\bsrc=)[^>]*>/gi), []);
  assert.deepEqual(occurrences(pages, /<style\b[^>]*>|<[a-z][^>]*\sstyle=[^>]*>/gi), []);
  assert.deepEqual(occurrences(pages, /<[a-z][^>]*\son[a-z]+=[^>]*>|\bjavascript:/gi), []);
});

test("every script and style sheet comes with integrity, and from here", () => {
  const loading = /<script\b[^>]*>|<link\b[^>]*\brel="?(?:stylesheet|modulepreload)\b[^>]*>/gi;
  const tags = occurrences(pages, loading);
  assert.ok(tags.length > pages.length, "hardly any tag was found");
  assert.deepEqual(tags.filter((tag) => !/\bintegrity="?sha(256|384|512)-/.test(tag)), []);
  assert.deepEqual(tags.filter((tag) => !/\b(src|href)="?\/(?!\/)/.test(tag)), []);
});

test("no script makes HTML or code out of text", () => {
  const scripts = ending(".js");
  assert.ok(scripts.length > 20, "hardly any script was built");
  const sinks = /\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|srcdoc)\b/g;
  assert.deepEqual(occurrences(scripts, sinks), []);
  assert.deepEqual(occurrences(scripts, /\bdocument\.write|\beval\(|\bnew Function\b|\bset(?:Timeout|Interval)\(\s*["'`]/g), []);
});
