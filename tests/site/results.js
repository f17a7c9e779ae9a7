// The long form's figures, as tables in RESULTS.md: rows that were measured anew replace those of
// before, the others stay.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const OPENING = "# What the long form found\n\nThe tables are written by `tests/run --full`; the bars are in brackets.\n";

/** Whether the long form runs. */
export const FULL = Boolean(process.env.FULL);

const line = (cells) => `| ${cells.join(" | ")} |`;
const cellsOf = (text) => text.split("|").slice(1, -1).map((cell) => cell.trim());

/** The rows below `heading`, without head and rule. */
function rowsBelow(text, heading) {
  const [, section = ""] = text.split(`## ${heading}\n`);
  return section.split("\n## ")[0].split("\n").filter((row) => row.startsWith("|")).slice(2).map(cellsOf);
}

/** Writes `rows` below `heading`; their first cell is what they are known by. */
export function record(heading, columns, rows) {
  if (!FULL) return;
  const before = existsSync(FILE) ? readFileSync(FILE, "utf8") : OPENING;
  const cpu = cpus();
  const when = `${new Date().toISOString().slice(0, 10)}, on ${cpu.length} cores of ${cpu[0].model.trim()}.`;
  const known = new Map(rowsBelow(before, heading).map((row) => [row[0], row]));
  for (const row of rows) known.set(String(row[0]), row);
  const table = [line(columns), line(columns.map(() => "---")), ...[...known.values()].map(line)].join("\n");
  const section = `## ${heading}\n\nMeasured on ${when}\n\n${table}\n`;
  const others = before.split(/\n(?=## )/).filter((part) => !part.startsWith(`## ${heading}\n`));
  writeFileSync(FILE, [...others, section].map((part) => part.trimEnd()).join("\n\n").concat("\n"));
}
