// Words, numbers and dates in the agent's language.

import { WORDS } from "./words.js";

const FALLBACK = "en";
const DAY = 86_400_000; // milliseconds
const MONTH = 30; // days
const YEAR = 365; // days
const RIGHT_TO_LEFT_SAFE = ["\u2068", "\u2069"]; // isolate, pop: a name cannot turn our sentence

/** The words and formats of a locale such as "nl-BE"; English where it is not spoken. */
export class Language {
  constructor(locale) {
    const wanted = String(locale ?? "").replace("_", "-");
    const short = wanted.toLowerCase().split("-")[0];
    this.code = short in WORDS ? short : FALLBACK;
    this.words = WORDS[this.code];
    this.locale = short === this.code && valid(wanted) ? wanted : this.code;
  }

  /** A sentence with its places filled; what is filled in is isolated, and stays text. */
  say(key, values = {}) {
    const [open, close] = RIGHT_TO_LEFT_SAFE;
    return this.words[key].replace(/\{(\w+)\}/g, (_, name) => `${open}${values[name]}${close}`);
  }

  /** A band's word; of a name of the deployment's own, the name. */
  band(band) {
    const known = Object.hasOwn(this.words.bands, band.name) ? this.words.bands[band.name] : null;
    return known ?? band.shown.slice(0, 1).toLocaleUpperCase(this.locale) + band.shown.slice(1);
  }

  number(value) {
    return new Intl.NumberFormat(this.locale, { maximumFractionDigits: 1 }).format(value);
  }

  percent(value) {
    return new Intl.NumberFormat(this.locale, { style: "percent" }).format(value / 100);
  }

  /** A day; Zendesk's date fields and ours are UTC. */
  day(at) {
    const format = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
    return new Intl.DateTimeFormat(this.locale, format).format(at);
  }

  /** "3 days ago", "in 2 months", by calendar days. */
  away(at, now) {
    const days = Math.floor(at / DAY) - Math.floor(now / DAY);
    const size = Math.abs(days);
    const format = new Intl.RelativeTimeFormat(this.locale, { numeric: "auto" });
    if (size >= YEAR) return format.format(Math.trunc(days / YEAR), "year");
    if (size >= 2 * MONTH) return format.format(Math.trunc(days / MONTH), "month");
    return format.format(days, "day");
  }
}

function valid(locale) {
  try {
    return Intl.getCanonicalLocales(locale).length === 1;
  } catch {
    return false;
  }
}
