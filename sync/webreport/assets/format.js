/* Numbers, dates and units as people read them; a dash where nothing is known. */

PF.format = (() => {
  const of = (options) => new Intl.NumberFormat("en", options);
  const whole = of({ maximumFractionDigits: 0 });
  const one = of({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const some = of({ maximumSignificantDigits: 4 });
  const short = of({ notation: "compact", maximumSignificantDigits: 3 });
  const signed = of({ minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
  const day = new Intl.DateTimeFormat("en-GB",
    { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const known = (show) => (value) => (value === null || value === undefined ? "-" : show(value));
  const share = known((value) => {
    const percent = 100 * value;
    return `${percent > 0 && percent < 1 ? "< 1" : whole.format(percent)} %`;
  });
  const kinds = {
    text: known((value) => (value === true ? "yes" : value === false ? "no" : String(value))),
    integer: known(whole.format),
    score: known(one.format),
    points: known(signed.format),
    number: known(some.format),
    money: known(whole.format),
    share,
    date: known((value) => day.format(new Date(value))),
  };
  const money = known((value) => `${(Math.abs(value) < 1e6 ? whole : short).format(value)} ${PF.data.meta.currency}`.trim());
  const measured = (value, unit) => {
    if (value === null || value === undefined) return "not known";
    if (unit === "share") return share(value);
    if (unit === "ratio") return `${some.format(value)} ×`;
    return `${some.format(value)} ${unit}`.trim();
  };
  return { ...kinds, revenue: money, measured };
})();

/** Text to compare with: lower case, without accents. */
PF.plain = (text) => String(text).normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
