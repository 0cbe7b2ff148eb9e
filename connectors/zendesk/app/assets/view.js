// The panel's elements. Everything from Zendesk goes in as text, never as markup.

const DAY = 86_400_000; // milliseconds
const SHOWN_REASONS = 5;
const LONG_REASON = 240; // characters, about four lines
const MARKS = { good: "●", middle: "▲", bad: "◆", none: "○" };

/** An element with attributes, and children that are elements or text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** What a state without scores shows: a title, a sentence, and maybe a way on. */
export function notice(language, kind, values, retry) {
  const button = retry ? element("button", { type: "button" }, language.words.retry) : null;
  button?.addEventListener("click", retry);
  return element(
    "section",
    { class: "notice", role: retry ? "alert" : null },
    element("h1", {}, language.words[`${kind}_title`]),
    element("p", {}, language.say(kind, values)),
    button,
  );
}

export function loading(language) {
  return element("p", { class: "loading" }, language.words.loading);
}

/** The scores of an organization. */
export function panel(language, shown, settings, now) {
  return element(
    "article",
    {},
    element("h1", { class: "name", dir: "auto", title: shown.name }, shown.name || "–"),
    headline(language, shown),
    age(language, shown.confirmedAt, settings.stale_days, now),
    scores(language, shown),
    shown.reasons && reasons(language, shown.reasons),
    dates(language, shown, now),
  );
}

function headline(language, { health, band, change }) {
  const kind = band?.kind ?? "none";
  return element(
    "section",
    { class: `headline ${kind}` },
    element("h2", { class: "label" }, language.words.health),
    element(
      "p",
      { class: "figure" },
      ...figure(language, health),
      band &&
        element(
          "span",
          { class: "band" },
          element("span", { class: "mark", "aria-hidden": "true" }, MARKS[kind]),
          element("bdi", {}, language.band(band)),
        ),
    ),
    bar(health),
    change && element("p", { class: "change" }, ...moved(language, change)),
  );
}

function figure(language, health) {
  if (health?.value === undefined || health.outside) {
    return [element("span", { class: "odd" }, written(language, health))];
  }
  const { words } = language;
  return [
    element("span", { class: "number" }, language.number(health.value)),
    element("span", { class: "scale" }, ` ${words.of_100}`),
  ];
}

/** A score in words: a number, or what is wrong with it. */
function written(language, score, format = (value) => language.number(value)) {
  if (score === null) return language.words.unknown;
  if (score.value === undefined) return language.say("not_number", { value: score.text });
  if (score.outside) return language.say("out_of_range", { value: language.number(score.value) });
  return format(score.value);
}

function bar(score) {
  if (score?.value === undefined || score.outside) return null;
  const filled = element("span", { class: "filled" });
  filled.style.width = `${score.value}%`;
  return element("span", { class: "bar", "aria-hidden": "true" }, filled);
}

function moved(language, change) {
  if (change.value === undefined) {
    return [language.say("not_number", { value: change.text })];
  }
  const points = language.number(Math.abs(change.value));
  if (points === language.number(0)) return [language.words.level];
  const [mark, key] = change.value > 0 ? ["↑", "up"] : ["↓", "down"];
  const arrow = element("span", { class: "mark", "aria-hidden": "true" }, mark);
  return [arrow, language.say(key, { points })];
}

function scores(language, shown) {
  const { words } = language;
  const percent = (value) => language.percent(value);
  const rows = [
    [words.adoption, shown.adoption, undefined],
    [words.engagement, shown.engagement, undefined],
    [words.coverage, shown.coverage, percent],
  ];
  return element(
    "dl",
    { class: "scores" },
    ...rows.map(([label, score, format]) =>
      element(
        "div",
        {},
        element("dt", {}, label),
        element("dd", {}, written(language, score, format)),
        bar(score),
      ),
    ),
  );
}

function reasons(language, { head, parts }) {
  const items = parts.map((part) => element("li", { dir: "auto" }, part));
  const list = element("ul", { id: "reasons" }, ...items);
  return element(
    "section",
    { class: "reasons" },
    element("h2", {}, language.words.reasons),
    head ? element("p", { class: "head", dir: "auto" }, head) : null,
    list,
    more(language, items),
  );
}

/** Fold what is long, with a button that unfolds it; null where nothing is. */
function more(language, items) {
  const { words } = language;
  const long = items.some((item) => item.textContent.length > LONG_REASON);
  if (items.length <= SHOWN_REASONS && !long) return null;
  const button = element("button", { type: "button", "aria-controls": "reasons" });
  const fold = (folded) => {
    items.forEach((item, at) => {
      item.hidden = folded && at >= SHOWN_REASONS;
      item.classList.toggle("folded", folded);
    });
    button.setAttribute("aria-expanded", String(!folded));
    button.textContent = folded ? words.show_all : words.show_less;
  };
  button.addEventListener("click", () => fold(button.getAttribute("aria-expanded") === "true"));
  fold(true);
  return button;
}

/** A warning where the values are old, or nobody knows how old. */
function age(language, confirmedAt, days, now) {
  const known = confirmedAt?.at !== undefined;
  if (known && now - confirmedAt.at <= days * DAY) return null;
  const { words } = language;
  const sentence = known
    ? language.say("old", { age: language.away(confirmedAt.at, now) })
    : words.no_date;
  return element(
    "p",
    { class: "old", role: "note" },
    element("span", { class: "mark", "aria-hidden": "true" }, "⚠"),
    sentence,
  );
}

function dates(language, { renewal, confirmedAt }, now) {
  const { words } = language;
  const rows = [
    [words.renewal, renewal],
    [words.confirmed, confirmedAt],
  ].filter(([, time]) => time !== null);
  if (rows.length === 0) return null;
  return element(
    "dl",
    { class: "dates" },
    ...rows.map(([label, time]) =>
      element("div", {}, element("dt", {}, label), element("dd", {}, ...when(language, time, now))),
    ),
  );
}

function when(language, time, now) {
  if (time.at === undefined) return [element("bdi", {}, time.text)];
  const stamp = new Date(time.at).toISOString();
  return [
    element("time", { datetime: stamp }, language.day(time.at)),
    element("span", { class: "away" }, ` (${language.away(time.at, now)})`),
  ];
}
