// A top list as a file, for spreadsheets (CSV, RFC 4180) and for programs (JSON).

const names = (artists = []) => artists.map((artist) => artist.name);

/** One object for each item, by rank; an address that Spotify does not give is absent. */
export function entries(kind, items) {
  return items.map((item, index) => {
    const spotify = item.external_urls?.spotify;
    if (kind === "artists") return { rank: index + 1, name: item.name, spotify };
    return { rank: index + 1, title: item.name, artists: names(item.artists), album: item.album?.name, spotify };
  });
}

// A spreadsheet takes a cell that begins like this for a formula and would compute it; an
// apostrophe says that it is text. The JSON has every name as it is.
const FORMULA = /^[=+\-@\t\r]/;

function cell(value) {
  const plain = Array.isArray(value) ? value.join(", ") : String(value ?? "");
  const text = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The list as CSV with a heading, and a mark that says it is UTF-8, which spreadsheets need. */
export function csv(kind, items) {
  const columns = kind === "artists" ? ["rank", "name", "spotify"] : ["rank", "title", "artists", "album", "spotify"];
  const lines = entries(kind, items).map((entry) => columns.map((column) => cell(entry[column])).join(","));
  return `\uFEFF${[columns.join(","), ...lines].join("\r\n")}\r\n`;
}

/** The list as JSON, with what it is a list of. */
export function json(kind, range, items, now) {
  const list = { source: "Spotify", list: kind, range, taken: now.toISOString(), items: entries(kind, items) };
  return `${JSON.stringify(list, null, 2)}\n`;
}

/** `top-tracks-4-weeks-2026-11-25.csv` */
export function fileName(kind, range, ending, now) {
  return `top-${kind}-${range}-${now.toISOString().slice(0, 10)}.${ending}`;
}
