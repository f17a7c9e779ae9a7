// Days and times where the visitor is, written as the visitor writes them, in the page's language.

import { make } from "./build.js";

/** The first of `preferred` that is a kind of `language`, as `en-GB` is of `en`; else that itself. */
export function localeOf(language, preferred) {
  const [wanted] = language.split("-");
  return preferred.find((one) => one.split("-")[0] === wanted) ?? language;
}

export const LOCALE = localeOf(globalThis.document?.documentElement.lang ?? "en", globalThis.navigator?.languages ?? []);

// Formats are made once: to make one costs a slow phone more than to use it a hundred times.
const dates = new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeZone: "UTC" });
const times = new Intl.DateTimeFormat(LOCALE, { hour: "numeric", minute: "2-digit" });
const DIGITS = { year: "numeric", month: "2-digit", day: "2-digit" };
const calendars = new Map();

/** A calendar day such as `2026-11-25`, in words. */
export function dayOn(day) {
  return make("time", { dateTime: day, textContent: dates.format(new Date(day)) });
}

/** A moment by the visitor's clock. */
export function timeOf(moment, properties = {}) {
  return make("time", { dateTime: moment.toISOString(), textContent: times.format(moment), ...properties });
}

/** `2026-11-24` in that time zone. */
function dayOf(moment, timeZone) {
  if (!calendars.has(timeZone)) calendars.set(timeZone, new Intl.DateTimeFormat("en-CA", { timeZone, ...DIGITS }));
  return calendars.get(timeZone).format(moment);
}

/** The calendar day before `day`. */
function before(day) {
  const noon = new Date(`${day}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() - 1);
  return noon.toISOString().slice(0, 10);
}

/** `Today`, `Yesterday`, or the day by name. */
function dayLabel(day, today, locale) {
  if (day === today) return "Today";
  if (day === before(today)) return "Yesterday";
  const noon = new Date(`${day}T12:00:00Z`);
  const style = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
  return new Intl.DateTimeFormat(locale, style).format(noon);
}

/**
 * Items in the order they came, grouped by the day they were played on, as
 * `[{day, label, items}]`; an item whose time cannot be read is left out.
 */
export function byDay(items, { now = new Date(), timeZone, locale = LOCALE } = {}) {
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
