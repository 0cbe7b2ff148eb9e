/* The list of all accounts: search, filters, sorting, pages. Only the page in view is drawn. */

PF.list = (() => {
  const PAGE = 50;
  const MOST_CHOICES = 80;
  const accounts = PF.data.accounts;
  const main = accounts.scores[PF.main.name];
  const plain = accounts.names.map((name, at) => `${PF.plain(name)}\n${PF.plain(accounts.ids[at])}`);
  const state = { words: "", look: "", band: "", facts: {}, column: 2, down: false, page: 0 };

  const quadrant = (at) => {
    const used = accounts.scores.adoption?.value[at] ?? null;
    if (used === null || main.value[at] === null) return -1;
    return (used >= 50 ? 0 : 2) + (main.value[at] >= 50 ? 0 : 1);
  };
  const LOOKS = [
    ["", "all accounts", () => true],
    ["risk", "at risk", (at) => PF.risky.has(at)],
    ["down", "fell to a lower band", (at) => accounts.before[at] > main.band[at] && known(at)],
    ["up", "rose to a higher band", (at) => accounts.before[at] < main.band[at] && known(at)],
    ["q0", "use it and are well", (at) => quadrant(at) === 0],
    ["q1", "use it and are unhappy", (at) => quadrant(at) === 1],
    ["q2", "well, but little use", (at) => quadrant(at) === 2],
    ["q3", "little use and unhappy", (at) => quadrant(at) === 3],
  ];
  const none = PF.main.bands.length - 1;
  const known = (at) => accounts.before[at] >= 0 && accounts.before[at] !== none && main.band[at] !== none;

  const COLUMNS = [
    { name: "name", title: "Account", kind: "text", value: (at) => accounts.names[at], cell: (at) => PF.link(at) },
    { title: "Band", kind: "integer", name: "band", value: (at) => main.band[at], cell: (at) => PF.band(PF.main, main.band[at]) },
    { title: PF.main.label, kind: "score", value: (at) => main.value[at] },
    { title: "Change", kind: "points", value: (at) => main.change[at] },
    ...PF.data.meta.headlines.slice(1).map((name) => ({ title: PF.scale(name).label, kind: "score", value: (at) => accounts.scores[name].value[at] })),
    { title: "Segment", kind: "text", value: (at) => PF.fact("segment", at) },
    { title: "Known", kind: "share", value: (at) => main.coverage[at] / 100 },
    { title: "Revenue", kind: "money", value: (at) => accounts.revenue[at] },
    { title: "Renewal", kind: "date", value: (at) => PF.fact("renewal_at", at) },
    { name: "reasons", title: "Why", kind: "text", value: (at) => accounts.reasons[at], cell: (at) => PF.el("span", { lang: PF.data.meta.language }, accounts.reasons[at]) },
  ];
  const FACTS = ["segment", "lifecycle", "plan", "product", "country", "industry", "owner"].filter((name) => {
    const choices = accounts.facts[name]?.values.length ?? 0;
    return choices > 1 && choices <= MOST_CHOICES;
  });

  /** The places of the accounts that fit the words and filters, in order. */
  const found = () => {
    const words = PF.plain(state.words).split(/\s+/).filter(Boolean);
    const look = LOOKS.find(([name]) => name === state.look)[2];
    const facts = Object.entries(state.facts).filter(([, value]) => value !== "").map(([name, value]) => [accounts.facts[name].at, Number(value)]);
    const band = state.band === "" ? -1 : Number(state.band);
    const fits = [];
    for (let at = 0; at < PF.count; at += 1) {
      if (band >= 0 && main.band[at] !== band) continue;
      if (!facts.every(([places, value]) => places[at] === value)) continue;
      if (!words.every((word) => plain[at].includes(word))) continue;
      if (look(at)) fits.push(at);
    }
    return sorted(fits);
  };
  const ranked = new Map();
  /** Each account's rank by a column, computed once: sorting then compares numbers alone. */
  const ranks = (column) => {
    if (!ranked.has(column)) {
      const { value } = COLUMNS[column];
      const values = Array.from({ length: PF.count }, (_, at) => value(at));
      const collator = new Intl.Collator("en", { numeric: true });
      const order = values.map((_, at) => at).filter((at) => values[at] !== null);
      order.sort((a, b) => (typeof values[a] === "number" ? values[a] - values[b] : collator.compare(values[a], values[b])));
      const rank = new Float64Array(PF.count).fill(NaN);
      let last = null;
      order.forEach((at, place) => {
        rank[at] = last !== null && values[last] === values[at] ? rank[last] : place;
        last = at;
      });
      ranked.set(column, rank);
    }
    return ranked.get(column);
  };
  const sorted = (places) => {
    const rank = ranks(state.column);
    const sign = state.down ? -1 : 1;
    return places.sort((a, b) => (Number.isNaN(rank[a]) - Number.isNaN(rank[b])) || sign * (rank[a] - rank[b]) || a - b);
  };

  const body = PF.el("tbody");
  const head = PF.el("thead");
  const told = PF.el("p", { id: "found", role: "status" });
  const pages = PF.el("p", { class: "pages" });

  const row = (at) => PF.el("tr", {}, COLUMNS.map((column, place) => {
    const inside = column.cell ? column.cell(at) : PF.el("bdi", {}, PF.format[column.kind](column.value(at)));
    return PF.el(place ? "td" : "th", { scope: place ? null : "row", class: PF.look(column) }, inside);
  }));
  const step = (title, to, last) => PF.el("button", { type: "button", disabled: to < 0 || to > last || to === state.page, on: { click: () => turn(to) } }, title);
  const turn = (page) => {
    state.page = page;
    draw();
    told.scrollIntoView({ block: "nearest" });
  };
  const draw = () => {
    const places = found();
    const last = Math.max(0, Math.ceil(places.length / PAGE) - 1);
    state.page = Math.min(state.page, last);
    const from = state.page * PAGE;
    const revenue = places.reduce((sum, at) => sum + (accounts.revenue[at] ?? 0), 0);
    body.replaceChildren(...places.slice(from, from + PAGE).map(row));
    head.replaceChildren(PF.el("tr", {}, COLUMNS.map((column, at) => PF.heading(column, at, state, pick))));
    told.textContent = `${PF.format.integer(places.length)} of ${PF.format.integer(PF.count)} accounts, ${PF.format.revenue(revenue)} a month`;
    pages.replaceChildren(step("First", 0, last), step("Previous", state.page - 1, last),
      PF.el("span", {}, `Page ${PF.format.integer(state.page + 1)} of ${PF.format.integer(last + 1)}`),
      step("Next", state.page + 1, last), step("Last", last, last));
  };
  const pick = (column, down) => {
    Object.assign(state, { column, down, page: 0 });
    draw();
    head.querySelector("[aria-sort] button").focus();
  };
  const change = (what) => {
    Object.assign(state, what, { page: 0 });
    draw();
  };

  const select = (id, label, options, listener) => PF.el("div", { class: "field" }, PF.el("label", { for: id }, label),
    PF.el("select", { id, on: { change: (event) => listener(event.target.value) } }, options.map(([value, words]) => PF.el("option", { value }, words))));
  const controls = () => PF.el("form", { class: "controls", role: "search", "aria-label": "Find accounts", on: { submit: (event) => event.preventDefault() } },
    PF.el("div", { class: "field" }, PF.el("label", { for: "search" }, "Search names"),
      PF.el("input", { id: "search", type: "search", autocomplete: "off", maxlength: "200", on: { input: (event) => change({ words: event.target.value }) } })),
    select("look", "Show", LOOKS.map(([value, words]) => [value, words]), (look) => change({ look })),
    select("band", "Band", [["", "all"], ...PF.main.bands.map((band, at) => [at, band.label])], (band) => change({ band })),
    FACTS.map((name) => select(`fact-${name}`, name[0].toUpperCase() + name.slice(1), [["", "all"], ...accounts.facts[name].values.map((value, at) => [at, value])],
      (value) => change({ facts: { ...state.facts, [name]: value } }))),
    PF.el("button", { type: "reset", on: { click: () => change({ words: "", look: "", band: "", facts: {} }) } }, "Clear"));

  /** Show one of LOOKS, as links from elsewhere in the report ask for. */
  const look = (name) => {
    if (!LOOKS.some(([known_]) => known_ === name)) return;
    document.getElementById("look").value = name;
    change({ look: name });
  };
  const section = () => {
    draw();
    return { id: "accounts", title: "Accounts", made: PF.el("section", { id: "accounts", "aria-labelledby": "accounts-title" },
      PF.el("h2", { id: "accounts-title", tabindex: "-1" }, "Accounts"), controls(), told,
      PF.el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "List of accounts" },
        PF.el("table", { id: "list" }, PF.el("caption", { class: "unseen" }, "Accounts that fit the filters"), head, body)), pages) };
  };
  return { section, look };
})();
