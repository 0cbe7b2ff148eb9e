/* Who moved, and the parts that add up to it, as pictures. */

PF.movers = (() => {
  const KINDS = [
    ["behaviour", "what the customer did", "var(--line-0)"],
    ["adjustments", "events", "var(--line-1)"],
    ["caps", "limits", "var(--line-2)"],
    ["coverage", "data known or older", "var(--line-3)"],
    ["peers", "peers", "var(--line-4)"],
    ["override", "set by hand", "var(--line-5)"],
    ["model", "another model", "var(--line-6)"],
    ["later", "records that came later", "var(--line-7)"],
    ["rest", "everything else", "var(--unknown)"],
  ];
  const place = new Map(KINDS.map(([kind], at) => [kind, at]));
  const parts = () => PF.rows("changes");
  const of = (id) => parts().filter((row) => row.account_id === id);

  const legend = (rows) => {
    const there = new Set(rows.map((row) => row.kind));
    return PF.el("p", { class: "legend", "aria-hidden": "true" },
      KINDS.filter(([kind]) => there.has(kind)).map(([, words, colour]) => PF.el("span", { class: "band" },
        PF.el("span", { class: "mark", style: `background: ${colour}` }), words)));
  };

  /** All falls, or all rises: one bar each, parted by what moved it. */
  const overview = (falls, most = 12) => {
    const moved = PF.rows("movers").filter((row) => (row.change < 0) === falls).slice(0, most);
    const wanted = new Map(moved.map((row, at) => [row.account_id, `${at + 1}. ${row.name}`]));
    const sums = new Map();
    for (const row of parts()) {
      if (!wanted.has(row.account_id)) continue;
      const key = `${row.account_id}\n${row.kind}`;
      const held = sums.get(key) ?? { row: wanted.get(row.account_id), kind: row.kind, points: 0 };
      held.points += row.points;
      sums.set(key, held);
    }
    const rows = [...sums.values()].map((row) => ({ ...row, tone: KINDS[place.get(row.kind)][2], place: place.get(row.kind) }));
    const order = [...wanted.values()];
    const narrow = PF.charts.fit() < 560;
    const totals = moved.map((row) => ({ row: wanted.get(row.account_id), change: row.change }));
    return PF.el("div", {}, legend(rows), PF.charts.draw({
      marginLeft: PF.charts.margin(order, narrow ? 120 : 220), marginRight: 60, height: 26 * order.length + 60, marginTop: 8,
      x: { label: "points, by what moved them", grid: true },
      y: { label: null, domain: order, tickFormat: (text) => PF.charts.cut(text, narrow ? 13 : 24) },
      marks: [
        Plot.barX(rows, Plot.stackX({ x: "points", y: "row", fill: "tone", order: "place", insetTop: 2, insetBottom: 2 })),
        Plot.ruleX([0]),
        Plot.text(totals, { y: "row", frameAnchor: "right", dx: 54, text: (row) => PF.format.points(row.change), fill: "currentColor", fontWeight: 600 }),
      ],
    }));
  };

  /** One account's change: from the value then, part by part, to the value now. */
  const waterfall = (id) => {
    const mover = PF.rows("movers").find((row) => row.account_id === id);
    let at = mover.before;
    const rows = of(id).map((row, number) => {
      const start = at;
      at += row.points;
      return { row: `${number + 1}. ${row.part}`, start, end: at, points: row.points, sign: row.points < 0 ? "var(--tone-0)" : "var(--tone-4)" };
    });
    const first = `${PF.format.date(PF.data.meta.since)}`;
    const last = `${PF.format.date(PF.data.meta.as_of)}`;
    const order = [first, ...rows.map((row) => row.row), last];
    const ends = [{ row: first, value: mover.before }, { row: last, value: mover.now }];
    const narrow = PF.charts.fit() < 560;
    const low = Math.min(mover.before, mover.now, ...rows.map((row) => row.end));
    const high = Math.max(mover.before, mover.now, ...rows.map((row) => row.end));
    const span = [Math.max(0, low - 8), Math.min(100, high + 8)];
    return PF.charts.draw({
      marginLeft: PF.charts.margin(order, narrow ? 140 : 300), marginRight: 60, height: 26 * order.length + 60, marginTop: 8,
      x: { label: PF.main.label.toLowerCase(), domain: span, grid: true },
      y: { label: null, domain: order, tickFormat: (text) => PF.charts.cut(text, narrow ? 16 : 38) },
      marks: [
        Plot.barX(rows, { x1: "start", x2: "end", y: "row", fill: "sign", insetTop: 3, insetBottom: 3 }),
        Plot.barX(ends, { x1: span[0], x2: "value", y: "row", fill: "var(--unknown)", insetTop: 3, insetBottom: 3 }),
        Plot.text(rows, { y: "row", frameAnchor: "right", dx: 54, text: (row) => PF.format.points(row.points), fill: "currentColor" }),
        Plot.text(ends, { y: "row", frameAnchor: "right", dx: 54, text: (row) => PF.format.score(row.value), fill: "currentColor", fontWeight: 600 }),
      ],
    });
  };

  /** The waterfall with its words and its table; null for an account that did not move far. */
  const figure = (id) => {
    const mover = PF.rows("movers").find((row) => row.account_id === id);
    if (!mover) return null;
    const largest = of(id)[0];
    const told = `From ${PF.format.score(mover.before)} to ${PF.format.score(mover.now)} since ${PF.format.date(PF.data.meta.since)}`
      + (largest ? `; the largest part: ${largest.part}, ${PF.format.points(largest.points)} points.` : ".");
    const at = PF.data.sheets.changes.columns.findIndex((column) => column.name === "account_id");
    const table = PF.table("changes", { filter: (row) => row[at] === id, hide: ["name", "kind"], caption: "Parts of the change" });
    return PF.figure(`What moved ${PF.named(mover.name)}`, told, waterfall(id), table);
  };

  return { overview, figure };
})();
