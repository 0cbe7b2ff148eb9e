/* A sheet as a table that can be sorted by any column, and pictures with their table behind. */

PF.NUMERIC = new Set(["integer", "score", "points", "number", "share", "money"]);
PF.QUIET = new Set(["account_id"]);

/** Compare two cells; what is not known comes last either way. */
PF.compare = (a, b, down) => {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  return down ? -order : order;
};

/** A heading cell with a button that sorts; `pick` is told the column and whether down. */
PF.heading = (column, at, state, pick) => {
  const sorted = state.column === at;
  const button = PF.el("button", { type: "button", on: { click: () => pick(at, sorted && !state.down) } },
    column.title, PF.el("span", { class: "order", "aria-hidden": "true" }, sorted ? (state.down ? " ▼" : " ▲") : ""));
  return PF.el("th", {
    scope: "col", class: PF.look(column) === "number" ? "number" : null,
    "aria-sort": sorted ? (state.down ? "descending" : "ascending") : null,
  }, button);
};

/** The class of a column's cells. */
PF.look = (column) => {
  if (column.name === "band") return null;
  if (PF.NUMERIC.has(column.kind)) return "number";
  return { name: "name", reasons: "long" }[column.name] ?? (column.kind === "date" ? "date" : null);
};

/** One cell of a sheet; account names lead to their page. */
PF.cell = (value, column, row, ids, first) => {
  const text = PF.format[column.kind](value);
  const at = ids >= 0 && column.name === "name" ? PF.placeOf.get(row[ids]) : undefined;
  const band = column.name.startsWith("band") ? PF.main.bands.findIndex((one) => one.label === value) : -1;
  const inside = at !== undefined ? PF.link(at) : band >= 0 ? PF.band(PF.main, band) : PF.el("bdi", {}, text);
  const told = column.name === "reasons" ? { lang: PF.data.meta.language } : {};
  return PF.el(first ? "th" : "td", { class: PF.look(column), scope: first ? "row" : null, ...told }, inside);
};

/** A sheet as a table; `filter` keeps rows, `most` cuts, `hide` leaves columns out. */
PF.table = (name, { filter = () => true, most = Infinity, hide = [], caption } = {}) => {
  const sheet = PF.data.sheets[name];
  const hidden = new Set([...PF.QUIET, ...hide]);
  const shown = sheet.columns.map((column, at) => ({ column, at })).filter(({ column }) => !hidden.has(column.name));
  const ids = sheet.columns.findIndex((column) => column.name === "account_id");
  const held = sheet.rows.filter(filter);
  const state = { column: null, down: false };
  const head = PF.el("thead");
  const body = PF.el("tbody");
  const draw = () => {
    const rows = state.column === null ? held
      : [...held].sort((a, b) => PF.compare(a[state.column], b[state.column], state.down));
    head.replaceChildren(PF.el("tr", {}, shown.map(({ column, at }) => PF.heading(column, at, state, pick))));
    body.replaceChildren(...rows.slice(0, most).map((row) => PF.el("tr", {},
      shown.map(({ column, at }, place) => PF.cell(row[at], column, row, ids, place === 0)))));
  };
  const pick = (column, down) => {
    Object.assign(state, { column, down });
    draw();
    head.querySelector("[aria-sort] button").focus();
  };
  draw();
  const words = caption ?? sheet.title;
  return PF.el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words },
    PF.el("table", {}, PF.el("caption", {}, words), head, body));
};

/** A picture with a sentence for those who do not see it, and its table behind. */
PF.figure = (title, told, picture, table) => PF.el("figure", {},
  PF.el("figcaption", {}, title),
  PF.el("div", { class: "plot", role: "img", "aria-label": `${title}. ${told}` }, picture),
  PF.el("p", { class: "told" }, told),
  table && PF.el("details", {}, PF.el("summary", {}, "Show as a table"), table));
