/* The pictures, drawn with Observable Plot from the same sheets as the tables. */

PF.charts = (() => {
  const common = { style: { background: "transparent", fontSize: "13px", fontFamily: "inherit" } };
  const scaleOf = (label) => PF.data.scales.find((scale) => scale.label === label);
  const fit = () => {
    const wide = document.documentElement.clientWidth;
    return Math.max(300, Math.min(1200, wide - (wide < 600 ? 28 : 64)));
  };
  const tones = (scale) => scale.bands.map((_, place) => PF.colour(scale, place));
  const labels = (scale) => scale.bands.map((band) => band.label);
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  /** Draw, with the picture itself hidden from screen readers: its frame tells them. */
  const draw = (options) => {
    const made = Plot.plot({ width: fit(), marginBottom: 44, ...common, ...options });
    made.setAttribute("aria-hidden", "true");
    return made;
  };
  /** The words of a scale's bands with their colours. */
  const legend = (scale) => PF.el("p", { class: "legend", "aria-hidden": "true" },
    scale.bands.map((_, place) => PF.band(scale, place)));
  const margin = (texts, most = 180) => Math.min(most, 24 + 7.2 * Math.max(0, ...texts.map((text) => text.length)));

  /** Bars of one length, parted by band. Rows: {row, band, accounts, tone}. */
  const parted = (rows, scale, order) => {
    const whole = new Map();
    for (const row of rows) whole.set(row.row, (whole.get(row.row) ?? 0) + row.accounts);
    const shares = rows.map((row) => ({ ...row, share: row.accounts / (whole.get(row.row) || 1) }));
    const narrow = fit() < 560;
    return draw({
      marginLeft: margin(order, narrow ? 110 : 200), height: 34 * order.length + 56, marginTop: 8,
      x: { label: "share of accounts", percent: true, domain: [0, 100] },
      y: { label: null, domain: order, tickFormat: (text) => cut(text, narrow ? 12 : 22) },
      marks: [
        Plot.barX(shares, Plot.stackX({ x: "share", y: "row", fill: "tone", insetLeft: 1, order: "place" })),
        Plot.text(shares.filter((row) => row.share > (narrow ? 0.09 : 0.045)), Plot.stackX({
          x: "share", y: "row", text: (row) => PF.format.integer(row.accounts), fill: "ink", order: "place",
        })),
      ],
    });
  };
  const part = (row, scale, place, accounts) => ({
    row, place, accounts, tone: PF.colour(scale, place), ink: `var(--ink-${PF.tone(scale, place)})`,
  });

  const bands = () => {
    const rows = PF.rows("bands").map((row) => {
      const scale = scaleOf(row.score);
      return part(row.score, scale, scale.bands.findIndex((band) => band.label === row.band), row.accounts);
    });
    const heads = PF.data.meta.headlines.map((name) => PF.scale(name).label);
    const order = [...heads, ...PF.data.scales.map((scale) => scale.label).filter((text) => !heads.includes(text))];
    return PF.el("div", {}, legend(PF.main), parted(rows, PF.main, order));
  };

  const groups = (by) => {
    const held = PF.rows("groups").filter((row) => row.by === by);
    const rows = held.flatMap((row) => PF.main.bands.map((band, place) => part(row.group, PF.main, place, row[band.name])));
    return PF.el("div", {}, legend(PF.main), parted(rows, PF.main, held.map((row) => row.group)));
  };

  const trend = () => {
    const held = PF.rows("trend");
    const rows = held.flatMap((row) => PF.main.bands.map((band, place) => ({
      date: new Date(row.as_of), place, accounts: row[band.name], tone: PF.colour(PF.main, place),
    })));
    return PF.el("div", {}, legend(PF.main), draw({
      height: 280, marginLeft: 60, x: { label: null, type: "utc" }, y: { label: "accounts", grid: true },
      marks: [
        Plot.areaY(rows, Plot.stackY({ x: "date", y: "accounts", z: "place", fill: "tone", order: "place" })),
        Plot.ruleX(held.filter((row) => row.note.startsWith("another")), { x: (row) => new Date(row.as_of), strokeDasharray: "4 3" }),
        Plot.ruleY([0]),
      ],
    }));
  };

  /** Lines over time: rows {date, value, name}; each ends with its name. */
  const lines = (rows, height = 280) => {
    const names = [...new Set(rows.map((row) => row.name))];
    const stroke = (row) => `var(--line-${names.indexOf(row.name) % 8})`;
    return draw({
      height, marginLeft: 40, marginRight: margin(names, 110),
      x: { label: null, type: "utc" }, y: { label: "points", domain: [0, 100], grid: true },
      marks: [
        Plot.lineY(rows, { x: "date", y: "value", z: "name", stroke, strokeWidth: 2 }),
        Plot.dot(rows, { x: "date", y: "value", fill: stroke, r: 2.5 }),
        ...named(rows, names, 1500 / (height - 64)),
      ],
    });
  };
  /** Names at the ends of lines, moved apart where they would overlap. */
  const named = (rows, names, apart) => {
    const ends = names.map((name) => rows.filter((row) => row.name === name && row.value !== null).at(-1)).filter(Boolean);
    ends.sort((a, b) => a.value - b.value);
    let below = -Infinity;
    const placed = ends.map((end) => {
      below = Math.max(end.value, below + apart);
      return { ...end, at: below };
    });
    return [Plot.text(placed, { x: "date", y: "at", text: "name", textAnchor: "start", dx: 8, fill: "currentColor" })];
  };

  const renewals = () => {
    const held = PF.rows("renewals");
    const money = held.some((row) => row.revenue);
    const rows = held.map((row) => {
      const place = PF.main.bands.findIndex((band) => band.label === row.band);
      return { month: row.month, place, size: money ? row.revenue : row.accounts, tone: PF.colour(PF.main, place) };
    });
    const months = [...new Set(held.map((row) => row.month))];
    return PF.el("div", {}, legend(PF.main), draw({
      height: 280, marginLeft: 56, marginBottom: 56,
      x: { label: null, domain: months, tickRotate: fit() < 700 ? -45 : 0 },
      y: { label: money ? `revenue a month, ${PF.data.meta.currency}` : "accounts", grid: true, tickFormat: "s" },
      marks: [Plot.barY(rows, Plot.stackY({ x: "month", y: "size", fill: "tone", order: "place", insetBottom: 1 })), Plot.ruleY([0])],
    }));
  };

  const quadrants = () => {
    const used = PF.data.accounts.scores.adoption.value;
    const well = PF.data.accounts.scores[PF.main.name].value;
    const rows = [];
    for (let at = 0; at < PF.count; at += 1) {
      if (used[at] !== null && well[at] !== null) rows.push({ used: used[at], well: well[at] });
    }
    const many = rows.length > 600;
    const dots = many
      ? Plot.dot(rows, Plot.hexbin({ r: "count" }, { x: "used", y: "well", fill: "var(--line-0)", fillOpacity: 0.75, binWidth: 14 }))
      : Plot.dot(rows, { x: "used", y: "well", r: 3, fill: "var(--line-0)", fillOpacity: 0.55 });
    const corners = [[99, 100, "uses it and is well", "end"], [99, 1, "uses it and is unhappy", "end"],
      [1, 100, "well, little use", "start"], [1, 1, "little use and unhappy", "start"]];
    return draw({
      height: Math.min(460, fit() * 0.8), marginLeft: 44, grid: true, r: { range: [0, 11] },
      x: { label: "adoption", domain: [0, 100] }, y: { label: PF.main.label.toLowerCase(), domain: [0, 100] },
      marks: [
        dots, Plot.ruleX([50], { strokeDasharray: "4 3" }), Plot.ruleY([50], { strokeDasharray: "4 3" }),
        ...corners.map(([x, y, text, anchor]) => Plot.text([text], {
          x: [x], y: [y], text: [text], textAnchor: anchor, lineAnchor: y > 50 ? "top" : "bottom", lineWidth: (fit() - 90) / 30, fontWeight: 600, fill: "currentColor", stroke: "var(--paper)", strokeWidth: 4,
        })),
      ],
    });
  };

  const coverage = () => {
    const rows = PF.rows("tables").flatMap((row) => [
      { table: row.table, size: row.weight * row.known, tone: "var(--line-0)" },
      { table: row.table, size: row.weight * (1 - row.known), tone: "var(--unknown)" },
    ]);
    const order = PF.rows("tables").map((row) => row.table);
    return PF.el("div", {},
      PF.el("p", { class: "legend", "aria-hidden": "true" },
        PF.el("span", { class: "band" }, PF.el("span", { class: "mark", "data-tone": "known" }), "known"),
        PF.el("span", { class: "band" }, PF.el("span", { class: "mark", "data-tone": "unknown" }), "not known")),
      draw({
        height: 30 * order.length + 56, marginTop: 8, marginLeft: margin(order), x: { label: "share of the weight", percent: true, grid: true },
        y: { label: null, domain: order },
        marks: [Plot.barX(rows, Plot.stackX({ x: "size", y: "table", fill: "tone", stroke: "var(--line-0)" })), Plot.ruleX([0])],
      }));
  };

  return { draw, fit, cut, margin, bands, groups, trend, lines, renewals, quadrants, coverage };
})();
