// Talks with Zendesk: which organization, in which language and colours, and its fields.
// One request for each organization that is looked at.

import { Language } from "./language.js";
import { read, settled } from "./values.js";
import { loading, notice, panel } from "./view.js";

const FRESH = 600_000; // milliseconds that shown values are taken as current on coming back
const place = document.getElementById("app");
const said = document.getElementById("said");
const client = globalThis.ZAFClient?.init();

let language = new Language(navigator.language);
let settings = settled(null);
let path = "ticket.organization";
let current = null; // id of the organization that is shown or asked for
let askedAt = 0; // when its values were asked for; 0 makes them old
let looks = 0; // an answer that comes after the next question is dropped
let loads = 0;
let height = 0;

function show(state, content, sentence = "") {
  document.documentElement.lang = language.locale;
  place.replaceChildren(content);
  place.dataset.state = state;
  place.setAttribute("aria-busy", String(state === "loading"));
  said.textContent = sentence;
  fit();
}

/** A state without scores; an alert speaks for itself, the others are told. */
function tell(state, values = {}, again = undefined) {
  const sentence = again ? "" : language.words[`${state}_title`];
  show(state, notice(language, state, values, again), sentence);
}

/** Ask Zendesk for as much height as the panel needs. */
function fit() {
  const needed = Math.ceil(document.body.scrollHeight);
  if (!client || needed === height) return;
  height = needed;
  client.invoke("resize", { width: "100%", height: `${needed}px` }).catch(() => undefined);
}

function paint(scheme) {
  document.documentElement.dataset.theme = scheme === "dark" ? "dark" : "light";
}

/** A property of Zendesk's, or undefined where this location or version has none. */
async function ask(name) {
  try {
    return (await client.get(name))[name];
  } catch {
    return undefined;
  }
}

/** Look which organization it is now; load it when it is another one or values are old. */
async function follow() {
  const mine = ++looks;
  try {
    const organization = (await client.get(path))[path];
    if (mine === looks) await turnTo(organization?.id ?? null);
  } catch (failure) {
    if (mine === looks) fail(failure);
  }
}

async function turnTo(id) {
  if (id === null) {
    loads += 1;
    current = null;
    tell("no_organization");
  } else if (String(id) !== current || Date.now() - askedAt > FRESH) {
    await load(String(id));
  }
}

async function load(id) {
  const mine = ++loads;
  if (id !== current) show("loading", loading(language));
  current = id;
  askedAt = Date.now();
  const url = `/api/v2/organizations/${encodeURIComponent(id)}.json`;
  try {
    const answer = await client.request({ url, type: "GET", dataType: "json" });
    if (mine === loads) display(answer?.organization);
  } catch (failure) {
    if (mine === loads) fail(failure);
  }
}

function display(organization) {
  if (organization === null || typeof organization !== "object") {
    fail(null);
    return;
  }
  const shown = read(organization, settings, language.code);
  const { name, health, band } = shown;
  if (!shown.known) {
    tell("no_fields", { field: settings.health_field });
  } else if (health === null && band === null) {
    tell("empty", { name });
  } else {
    show("ready", panel(language, shown, settings, Date.now()), sentence(name, health, band));
  }
}

/** What a screen reader says once the scores are there. */
function sentence(name, health, band) {
  const value = health?.value === undefined ? language.words.unknown : language.number(health.value);
  const key = band ? "said" : "said_without_band";
  return language.say(key, { name, health: value, band: band && language.band(band) });
}

const FAILURES = { 401: "no_permission", 403: "no_permission", 404: "gone", 429: "busy" };

function fail(failure) {
  askedAt = 0;
  const state = FAILURES[failure?.status] ?? "error";
  tell(state, {}, ["busy", "error"].includes(state) ? retry : undefined);
}

function retry() {
  current = null;
  follow();
}

async function start() {
  const [{ settings: installed }, context, locale] = await Promise.all([
    client.metadata(),
    client.context(),
    ask("currentUser.locale"),
  ]);
  settings = settled(installed);
  language = new Language(locale ?? navigator.language);
  if (context.location === "organization_sidebar") path = "organization";
}

const MOVES = ["app.activated", "ticket.organization.changed", "ticket.requester.id.changed"];

paint(new URLSearchParams(location.search).get("colorScheme"));
if (client) {
  show("loading", loading(language));
  const started = start();
  started.then(follow, fail);
  for (const event of MOVES) client.on(event, () => started.then(follow, fail));
  const recolour = () => ask("colorScheme").then((scheme) => scheme && paint(scheme));
  client.on("colorScheme.changed", recolour);
  recolour();
  new ResizeObserver(fit).observe(place);
} else {
  tell("outside");
}
