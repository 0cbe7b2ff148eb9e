"use strict";
/* Data, elements, and the little that every other script uses. All text goes in as text. */

const PF = {};

PF.data = JSON.parse(document.getElementById("data").textContent);

/** History and ledgers: read when the first account is opened. */
PF.details = () => {
  PF.detailsRead ??= JSON.parse(document.getElementById("details").textContent);
  return PF.detailsRead;
};

/**
 * Make an element. Children are elements or values that become text; attributes that are null
 * or false are left out; `on` holds event listeners.
 */
PF.el = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (value !== null && value !== false && value !== undefined) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
};

/** A sheet's rows as objects by column name. */
PF.rows = (name) => {
  const sheet = PF.data.sheets[name];
  const names = sheet.columns.map((column) => column.name);
  return sheet.rows.map((row) => Object.fromEntries(names.map((key, at) => [key, row[at]])));
};

PF.scale = (name) => PF.data.scales.find((scale) => scale.name === name);
PF.main = PF.scale(PF.data.meta.main);
PF.count = PF.data.accounts.ids.length;
PF.risky = new Set(PF.data.accounts.risk);
PF.placeOf = new Map(PF.data.accounts.ids.map((id, at) => [id, at]));

/** The CSS colour of a band by its place in its scale, worst first; the last place is no data. */
PF.tone = (scale, place) => {
  const bands = scale.bands.length - 1;
  if (place < 0 || place >= bands) return "none";
  return String(bands === 1 ? 4 : Math.round((4 * place) / (bands - 1)));
};
PF.colour = (scale, place) => `var(--tone-${PF.tone(scale, place)})`;

/** A band as a mark and a word: the colour is never alone. */
PF.band = (scale, place) => {
  const band = scale.bands[place];
  if (!band) return PF.el("span", { class: "band" }, "-");
  const mark = PF.el("span", { class: "mark", "data-tone": PF.tone(scale, place), "aria-hidden": "true" });
  return PF.el("span", { class: "band", lang: PF.data.meta.language }, mark, band.label);
};

/** A link to an account's page, by its place. */
PF.link = (at) => PF.el("a", { href: `#account/${at}`, title: PF.data.accounts.names[at] },
  PF.el("bdi", {}, PF.data.accounts.names[at]));

/** A value of a fact column, or null. */
PF.fact = (name, at) => {
  const column = PF.data.accounts.facts[name];
  const place = column ? column.at[at] : -1;
  return place < 0 ? null : column.values[place];
};

/** A name inside a sentence: cut, and kept from turning the sentence's direction. */
PF.named = (name) => `\u2068${name.length > 60 ? `${name.slice(0, 59)}…` : name}\u2069`;
