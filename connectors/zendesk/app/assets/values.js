// What an organization's fields hold, read with distrust: a field may be missing, empty, edited
// by hand, or hold another type than the one that was written.

import { DEFAULTS } from "./words.js";

const LEAST = 0;
const MOST = 100;
const NUMBER = /^[+-]?\d{1,15}(\.\d{1,15})?$/;
const TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
// A part of a reason ends with its points; a comma after them separates two.
const BORDER = /(?<=\([+\-\u2212]?[\d.,\u00a0\u202f ]+\)),\s+/u;
const LONGEST_HEAD = 160; // characters; a longer beginning is no headline of ours

/** Settings as installed; what is left blank is as in the manifest. */
export function settled(installed) {
  const given = Object.entries(installed ?? {}).filter(
    ([name, value]) => name in DEFAULTS && String(value ?? "").trim() !== "",
  );
  const settings = { ...DEFAULTS, ...Object.fromEntries(given) };
  const days = Number(settings.stale_days);
  settings.stale_days = Number.isFinite(days) && days > 0 ? days : DEFAULTS.stale_days;
  return settings;
}

/** What is shown of an organization; reasons in the agent's language where the sync wrote them. */
export function read(organization, settings, code) {
  const fields = Object(organization.organization_fields);
  const field = (name) => fields[String(settings[name]).trim()];
  const ownReasons = `${String(settings.reasons_field).trim()}_${code}`;
  return {
    name: text(organization.name),
    known: String(settings.health_field).trim() in fields,
    health: score(field("health_field")),
    band: band(field("band_field"), settings),
    change: number(field("change_field")),
    adoption: score(field("adoption_field")),
    engagement: score(field("engagement_field")),
    coverage: score(field("coverage_field")),
    reasons: reasons(fields[ownReasons]) ?? reasons(field("reasons_field")),
    renewal: time(field("renewal_field")),
    confirmedAt: time(field("scored_at_field")),
  };
}

function text(value) {
  return value === null || value === undefined ? "" : String(value).trim();
}

/** {value}, {text} where it is no number, or null where there is nothing. */
function number(value) {
  const written = text(value);
  if (written === "") return null;
  const found = NUMBER.test(written) ? Number(written) : Number.NaN;
  return Number.isFinite(found) ? { value: found } : { text: written };
}

/** A number, with `outside` where it is not within 0 to 100. */
function score(value) {
  const found = number(value);
  if (found?.value === undefined) return found;
  return { ...found, outside: found.value < LEAST || found.value > MOST };
}

/** {name, kind}: dropdowns hold tags that begin with the field's key. */
function band(value, settings) {
  const tag = text(value);
  if (tag === "") return null;
  const prefix = `${String(settings.band_field).trim()}_`.toLowerCase();
  const short = tag.toLowerCase().startsWith(prefix) ? tag.slice(prefix.length) : tag;
  const name = plain(short);
  const kinds = ["good", "middle", "bad"];
  const kind = kinds.find((one) => names(settings[`${one}_bands`]).includes(name));
  return { name, shown: short.replaceAll("_", " "), kind: kind ?? "none" };
}

function names(list) {
  return String(list).split(",").map(plain);
}

function plain(name) {
  return name.trim().toLowerCase().replaceAll(" ", "_");
}

/** {head, parts}: "Health 62 (-9): late invoices (-6), few logins (-3)" taken apart. */
function reasons(value) {
  const written = text(value);
  if (written === "") return null;
  const colon = written.indexOf(": ");
  const head = colon > 0 && colon < LONGEST_HEAD ? written.slice(0, colon) : "";
  if (!/\d/.test(head)) return { head: "", parts: [written] };
  return { head, parts: written.slice(colon + 2).split(BORDER).filter(Boolean) };
}

function time(value) {
  const written = text(value);
  if (written === "") return null;
  const day = written.length === "2026-01-31".length;
  const zoned = day || /(Z|[+-]\d{2}:?\d{2})$/.test(written);
  const found = TIME.test(written) ? Date.parse(zoned ? written : `${written}Z`) : Number.NaN;
  return Number.isNaN(found) ? { text: written } : { at: found };
}
