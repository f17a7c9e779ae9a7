// Breaks a text into lines that fit a width. Pure: who draws says how wide a text is.

/**
 * @param {(text: string) => number} width how wide a text is
 * @param {number} room what a line may measure
 * @param {number} most lines; what does not fit ends in an ellipsis
 */
export function linesOf(text, width, room, most) {
  const lines = [""];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (width(longer) <= room || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const kept = lines.slice(0, most);
  if (lines.length > most) kept[most - 1] = [kept[most - 1], ...lines.slice(most)].join(" ");
  return kept.map((line) => shortened(line, width, room));
}

function shortened(line, width, room) {
  if (width(line) <= room) return line;
  const letters = [...line];
  while (letters.length && width(`${letters.join("").trimEnd()}…`) > room) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}
