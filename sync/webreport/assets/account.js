/* One account: what it is, its scores, why, how it went. */

PF.account = (() => {
  const accounts = PF.data.accounts;
  const main = PF.main.name;

  const facts = (at) => {
    const titles = { renewal_at: "Renewal", auto_renew: "Renews by itself" };
    const pairs = Object.keys(accounts.facts).map((name) => [
      titles[name] ?? name[0].toUpperCase() + name.slice(1),
      name === "renewal_at" ? PF.format.date(PF.fact(name, at)) : PF.format.text(PF.fact(name, at)),
    ]);
    const segment = accounts.segment.at[at];
    pairs.push(["Revenue", accounts.revenue[at] === null ? "-" : `${PF.format.money(accounts.revenue[at])} ${PF.data.meta.currency} a month`]);
    if (segment >= 0) pairs.push(["Scored as", accounts.segment.values[segment]]);
    pairs.push(["Id", accounts.ids[at]]);
    return PF.el("dl", {}, pairs.filter(([, value]) => value !== "-").map(([name, value]) =>
      PF.el("div", {}, PF.el("dt", {}, name), PF.el("dd", {}, PF.el("bdi", {}, value)))));
  };

  const scores = (at) => PF.el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Scores" },
    PF.el("table", {}, PF.el("caption", {}, "Scores"),
      PF.el("thead", {}, PF.el("tr", {}, ["Score", "Value", "Band", "Change", "Known"].map((title, place) =>
        PF.el("th", { scope: "col", class: [1, 3, 4].includes(place) ? "number" : null }, title)), PF.el("td"))),
      PF.el("tbody", {}, PF.data.scales.map((scale) => {
        const rows = accounts.scores[scale.name];
        const value = rows.value[at];
        const bar = PF.el("span", { class: "bar", "aria-hidden": "true" },
          PF.el("span", { "data-tone": PF.tone(scale, rows.band[at]), style: `width: ${value ?? 0}%` }));
        return PF.el("tr", {}, PF.el("th", { scope: "row" }, scale.label), PF.el("td", { class: "number" }, PF.format.score(value)),
          PF.el("td", {}, PF.band(scale, rows.band[at])), PF.el("td", { class: "number" }, PF.format.points(rows.change[at])),
          PF.el("td", { class: "number" }, PF.format.share(rows.coverage[at] / 100)), PF.el("td", { class: "wide" }, bar));
      }))));

  const parts = (at) => {
    const { leaves, ledger } = PF.details();
    const flat = ledger[at];
    const rows = [];
    for (let place = 0; place < flat.length; place += 3) {
      rows.push({ ...leaves[flat[place]], points: flat[place + 1], value: flat[place + 2] });
    }
    return rows.sort((a, b) => Math.abs(b.points) - Math.abs(a.points));
  };

  const picture = (rows) => {
    const shown = rows.slice(0, 15).map((row, at) => ({ ...row, row: `${at + 1}. ${row.part === "peers" ? `${row.via}: ` : ""}${row.label}`, sign: row.points < 0 ? "var(--tone-0)" : "var(--tone-4)" }));
    const order = shown.map((row) => row.row);
    const narrow = PF.charts.fit() < 560;
    return PF.charts.draw({
      marginLeft: PF.charts.margin(order, narrow ? 140 : 300), marginRight: 60, height: 26 * order.length + 60, marginTop: 8,
      x: { label: "points above or below 50", grid: true }, y: { label: null, domain: order, tickFormat: (text) => PF.charts.cut(text, narrow ? 18 : 38) },
      marks: [
        Plot.barX(shown, { x: "points", y: "row", fill: "sign", insetTop: 3, insetBottom: 3 }), Plot.ruleX([0]),
        Plot.text(shown, { y: "row", frameAnchor: "right", dx: 54, text: (row) => PF.format.points(row.points), fill: "currentColor" }),
      ],
    });
  };

  const ledger = (at) => {
    const rows = parts(at);
    if (!rows.length) return PF.el("p", { class: "note" }, "There is too little data for a score, so it has no parts.");
    const table = PF.el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "All parts" }, PF.el("table", {},
      PF.el("caption", {}, `50 and these points are the ${PF.main.label.toLowerCase()}`),
      PF.el("thead", {}, PF.el("tr", {}, ["Part", "Of", "Value", "Points"].map((title, place) => PF.el("th", { scope: "col", class: place > 1 ? "number" : null }, title)))),
      PF.el("tbody", {}, rows.map((row) => PF.el("tr", {}, PF.el("th", { scope: "row" }, row.label), PF.el("td", {}, row.via || PF.main.label),
        PF.el("td", { class: "number" }, row.part === "metric" ? PF.format.measured(row.value, row.unit) : ""),
        PF.el("td", { class: "number" }, row.points.toFixed(2)))))));
    const [up, down] = [rows.find((row) => row.points > 0), rows.find((row) => row.points < 0)];
    const told = [up && `most in favour: ${up.label}, ${PF.format.points(up.points)}`, down && `most against: ${down.label}, ${PF.format.points(down.points)}`].filter(Boolean).join("; ");
    return PF.figure(`What makes up the ${PF.main.label.toLowerCase()}`, told && `${told[0].toUpperCase()}${told.slice(1)}.`, picture(rows), table);
  };

  const history = (at) => {
    const { times, history: held } = PF.details();
    const rows = Object.entries(held).flatMap(([name, values]) => values[at].map((value, place) =>
      ({ date: new Date(times[place]), value, name: PF.scale(name).label }))).filter((row) => row.value !== null);
    const days = new Set(rows.map((row) => row.date.getTime()));
    if (days.size < 2) return PF.el("p", { class: "note" }, "There is no earlier score.");
    const names = Object.keys(held);
    const table = PF.el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "History" }, PF.el("table", {}, PF.el("caption", {}, "Scores over time"),
      PF.el("thead", {}, PF.el("tr", {}, PF.el("th", { scope: "col" }, "Date"), names.map((name) => PF.el("th", { scope: "col", class: "number" }, PF.scale(name).label)))),
      PF.el("tbody", {}, times.map((time, place) => PF.el("tr", {}, PF.el("th", { scope: "row" }, PF.format.date(time)),
        names.map((name) => PF.el("td", { class: "number" }, PF.format.integer(held[name][at][place]))))))));
    const first = held[main][at].find((value) => value !== null);
    const told = `${PF.main.label} was ${PF.format.integer(first)} at first, and is ${PF.format.integer(accounts.scores[main].value[at])} now.`;
    return PF.figure("History", told, PF.charts.lines(rows, 220), table);
  };

  /** The page of the account at a place. */
  return (at) => {
    const band = PF.band(PF.main, accounts.scores[main].band[at]);
    const risk = PF.risky.has(at) ? PF.el("span", { class: "flag" }, "at risk") : null;
    return PF.el("article", { "aria-labelledby": "account-title" },
      PF.el("p", {}, PF.el("a", { href: "#accounts", class: "back" }, "← All accounts")),
      PF.el("h2", { id: "account-title", tabindex: "-1" }, PF.el("bdi", {}, accounts.names[at])),
      PF.el("p", { class: "head" }, PF.el("strong", {}, PF.format.score(accounts.scores[main].value[at])), " ", band, " ", risk),
      PF.el("p", { lang: PF.data.meta.language, class: "sentence" }, accounts.reasons[at]),
      (accounts.beside[at] ?? []).map((told) => PF.el("p", { lang: PF.data.meta.language, class: "sentence" }, told)),
      facts(at), scores(at), PF.movers.figure(accounts.ids[at]), ledger(at), history(at));
  };
})();
