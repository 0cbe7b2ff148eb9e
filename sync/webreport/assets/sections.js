/* The parts about the whole portfolio, in the order that they are read. */

PF.sections = (() => {
  const section = (id, title, ...children) => ({
    id, title, made: PF.el("section", { id, "aria-labelledby": `${id}-title` },
      PF.el("h2", { id: `${id}-title`, tabindex: "-1" }, title), ...children),
  });
  const note = (text) => PF.el("p", { class: "note" }, text);
  const share = (part) => PF.format.share(PF.count ? part / PF.count : 0);

  /** What a manager wants to know in five seconds. */
  const tiles = () => {
    const score = PF.data.accounts.scores[PF.main.name];
    const held = PF.rows("bands").filter((row) => row.score === PF.main.label);
    const revenue = PF.data.accounts.risk.reduce((sum, at) => sum + (PF.data.accounts.revenue[at] ?? 0), 0);
    const trend = PF.rows("trend");
    const now = trend.at(-1);
    const before = trend.filter((row) => row.as_of <= PF.data.meta.since).at(-1);
    const moved = before && now && now.mean !== null && before.mean !== null ? now.mean - before.mean : null;
    const known = score.coverage.reduce((sum, value) => sum + value, 0) / (100 * (PF.count || 1));
    const tile = (name, value, more) => PF.el("li", {}, PF.el("span", { class: "name" }, name), PF.el("strong", {}, value), PF.el("span", { class: "more" }, more));
    return PF.el("ul", { class: "tiles" },
      tile("Accounts", PF.format.integer(PF.count), `${PF.format.integer(held.at(-1)?.accounts ?? 0)} without a score`),
      tile(`Mean ${PF.main.label.toLowerCase()}`, PF.format.score(now?.mean), moved === null ? "" : `${PF.format.points(moved)} since ${PF.format.date(PF.data.meta.since)}`),
      tile("At risk", PF.format.integer(PF.data.accounts.risk.length), `${share(PF.data.accounts.risk.length)} of accounts`),
      tile("Revenue at risk", PF.format.revenue(revenue), "a month"),
      tile("Known", PF.format.share(known), "of what the score weighs"));
  };

  const overview = () => {
    const held = PF.rows("bands").filter((row) => row.score === PF.main.label);
    const told = held.map((row) => `${row.band} ${PF.format.integer(row.accounts)} (${PF.format.share(row.share)})`).join(", ");
    return section("bands", "Portfolio by band", tiles(),
      PF.figure("Accounts by band", `${PF.main.label}: ${told}.`, PF.charts.bands(), PF.table("bands")));
  };

  const groups = () => {
    const kinds = [...new Set(PF.rows("groups").map((row) => row.by))];
    if (!kinds.length) return section("groups", "By segment", note("No segment, plan, product or country is known of two kinds or more."));
    const place = PF.el("div");
    const by = PF.data.sheets.groups.columns.findIndex((column) => column.name === "by");
    const draw = (kind) => {
      const held = PF.rows("groups").filter((row) => row.by === kind);
      const scored = held.filter((row) => row.mean !== null).sort((a, b) => a.mean - b.mean);
      const told = scored.length
        ? `Lowest mean: ${PF.named(scored[0].group)} with ${PF.format.score(scored[0].mean)}; highest: ${PF.named(scored.at(-1).group)} with ${PF.format.score(scored.at(-1).mean)}.`
        : "No group has a score.";
      place.replaceChildren(PF.figure(`Bands by ${kind}`, told, PF.charts.groups(kind),
        PF.table("groups", { filter: (row) => row[by] === kind, hide: ["by"], caption: `Groups by ${kind}` })));
    };
    const choose = PF.el("select", { id: "by", on: { change: (event) => draw(event.target.value) } }, kinds.map((kind) => PF.el("option", { value: kind }, kind)));
    draw(kinds[0]);
    return section("groups", "By segment", PF.el("p", { class: "choose" }, PF.el("label", { for: "by" }, "Group by "), choose), place);
  };

  const trend = () => {
    const held = PF.rows("trend");
    if (held.length < 2) return section("trend", "Trend", note("There is one snapshot so far; the trend begins with the next run."));
    const [first, last] = [held[0], held.at(-1)];
    const told = `From ${PF.format.date(first.as_of)} to ${PF.format.date(last.as_of)}: `
      + PF.main.bands.map((band) => `${band.label} from ${PF.format.integer(first[band.name])} to ${PF.format.integer(last[band.name])}`).join(", ") + ".";
    const means = PF.rows("means");
    const wanted = new Set(PF.data.meta.headlines.map((name) => PF.scale(name).label));
    const lines = means.filter((row) => wanted.has(row.score)).map((row) => ({ date: new Date(row.as_of), value: row.mean, name: row.score }));
    const ends = means.filter((row) => row.as_of === last.as_of && wanted.has(row.score)).map((row) => `${row.score} ${PF.format.score(row.mean)}`).join(", ");
    return section("trend", "Trend",
      PF.figure(`Distribution of ${PF.main.label.toLowerCase()} over ${held.length} snapshots`, told, PF.charts.trend(), PF.table("trend")),
      PF.figure("Mean of the scores over time", `Now: ${ends}.`, PF.charts.lines(lines), PF.table("means")));
  };

  const movers = () => {
    const held = PF.rows("movers");
    if (!held.length) return section("movers", "Who moved", note("No account moved by a point or more."), PF.table("transitions"));
    const place = PF.el("div", { "aria-live": "polite" });
    const show = (id) => place.replaceChildren(PF.movers.figure(id));
    const choose = PF.el("select", { id: "mover", on: { change: (event) => show(event.target.value) } },
      held.map((row) => PF.el("option", { value: row.account_id }, `${PF.format.points(row.change)}  ${PF.named(row.name)}`)));
    const figures = [true, false].filter((falls) => held.some((row) => (row.change < 0) === falls)).map((falls) => {
      const rows = held.filter((row) => (row.change < 0) === falls);
      const told = `${PF.named(rows[0].name)} ${falls ? "fell" : "rose"} the most, by ${PF.format.score(Math.abs(rows[0].change))} points.`;
      const at = PF.data.sheets.movers.columns.findIndex((column) => column.name === "change");
      return PF.figure(falls ? "Largest falls" : "Largest rises", told, PF.movers.overview(falls),
        PF.table("movers", { filter: (row) => (row[at] < 0) === falls, caption: falls ? "Largest falls" : "Largest rises" }));
    });
    show(held[0].account_id);
    return section("movers", "Who moved", ...figures,
      PF.el("p", { class: "choose" }, PF.el("label", { for: "mover" }, "Part by part: "), choose), place,
      PF.el("details", {}, PF.el("summary", {}, "Changes of band"), PF.table("transitions")));
  };

  const risks = () => {
    const most = 50;
    const all = PF.data.accounts.risk.length;
    const soon = PF.rows("renewals").reduce((sum, row) => sum + (row.month === "unknown" || row.month === "later" ? 0 : row.accounts), 0);
    const more = PF.el("p", {}, PF.el("a", { href: "#accounts/look=risk" }, `All ${PF.format.integer(all)} accounts at risk in the list`));
    return section("risks", "At risk", note(`In the lowest band, or fallen by 10 points or more and not in the best one; without customers that have left.${all > most ? ` The first ${most} by renewal date.` : ""}`),
      PF.figure("Renewals of the next twelve months", `${PF.format.integer(soon)} accounts have a renewal date up to then.`, PF.charts.renewals(), PF.table("renewals")),
      all ? PF.table("at_risk", { most, hide: PF.rows("overrides").length ? ["auto_renew"] : ["auto_renew", "override"] }) : note("No account is at risk."), all ? more : null);
  };

  const quadrants = () => {
    if (!PF.data.accounts.scores.adoption || PF.main.name === "adoption") return null;
    const held = PF.rows("quadrants");
    const told = held.map((row) => `${row.quadrant}: ${PF.format.integer(row.accounts)}`).join("; ");
    const links = PF.el("ul", { class: "links" }, held.map((row, at) => PF.el("li", {},
      PF.el("a", { href: `#accounts/look=q${at}` }, `${row.quadrant[0].toUpperCase()}${row.quadrant.slice(1)}: ${PF.format.integer(row.accounts)}`))));
    return section("quadrants", "Adoption against health", PF.figure("Who uses the product, and who is well", `Parted at 50: ${told}.`, PF.charts.quadrants(), PF.table("quadrants")), links);
  };

  const coverage = () => {
    const held = PF.rows("tables");
    const weakest = [...held].sort((a, b) => b.weight * (1 - b.known) - a.weight * (1 - a.known))[0];
    const told = weakest ? `Most is missing from ${weakest.table}: ${PF.format.share(weakest.weight * (1 - weakest.known))} of all weight.` : "No account has a score.";
    return section("coverage", "What is known", PF.figure("Weight by kind of record, and how much of it is known", told, PF.charts.coverage(), PF.table("tables")),
      PF.table("sources"), PF.el("details", {}, PF.el("summary", {}, "By metric"), PF.table("coverage")));
  };

  const overrides = () => (PF.rows("overrides").length
    ? section("overrides", "Set by a person", note("What people set stands beside the computed score, never in its place."), PF.table("overrides"))
    : null);

  return () => [overview(), groups(), trend(), movers(), risks(), overrides(), quadrants(), coverage()].filter(Boolean);
})();
