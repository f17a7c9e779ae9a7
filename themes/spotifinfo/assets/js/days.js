// Groups what was played by the day it was played on, where the visitor is.

const DIGITS = { year: "numeric", month: "2-digit", day: "2-digit" };

/** By time zone: to make one costs a slow phone more than to use it a hundred times. */
const formats = new Map();

/** `2026-11-24` in that time zone. */
export function dayOf(moment, timeZone) {
  if (!formats.has(timeZone)) formats.set(timeZone, new Intl.DateTimeFormat("en-CA", { timeZone, ...DIGITS }));
  return formats.get(timeZone).format(moment);
}

/** The calendar day before `day`. */
function before(day) {
  const noon = new Date(`${day}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() - 1);
  return noon.toISOString().slice(0, 10);
}

/** `Today`, `Yesterday`, or the day by name. */
export function dayLabel(day, today, locale) {
  if (day === today) return "Today";
  if (day === before(today)) return "Yesterday";
  const noon = new Date(`${day}T12:00:00Z`);
  const style = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
  return new Intl.DateTimeFormat(locale, style).format(noon);
}

/**
 * Items in the order they came, as `[{day, label, items}]`; an item whose time cannot be read
 * is left out.
 */
export function byDay(items, { now = new Date(), timeZone, locale = "en-GB" } = {}) {
  const today = dayOf(now, timeZone);
  const groups = [];
  for (const item of items) {
    const moment = new Date(item.played_at);
    if (Number.isNaN(moment.getTime())) continue;
    const day = dayOf(moment, timeZone);
    if (groups.at(-1)?.day !== day) groups.push({ day, label: dayLabel(day, today, locale), items: [] });
    groups.at(-1).items.push(item);
  }
  return groups;
}
