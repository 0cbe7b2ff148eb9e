/* Starts the page: what it is about, its parts, the way between list and account, theme, print. */

PF.start = () => {
  const { meta } = PF.data;
  const byId = (id) => document.getElementById(id);
  const overview = byId("overview");
  const account = byId("account");

  byId("about").append(`As of ${PF.format.date(meta.as_of)}, model ${meta.model}; changes since ${PF.format.date(meta.since)}.`);
  byId("foot").append("Made by Pulsefield. Figures here are rounded; the CSV and XLSX exports have all digits.");
  const parts = () => [...PF.sections(), PF.list.section()];
  const fill = () => {
    const made = parts();
    overview.replaceChildren(...made.map((part) => part.made));
    byId("contents").replaceChildren(...made.map((part) => PF.el("li", {}, PF.el("a", { href: `#${part.id}` }, part.title))));
  };

  /** Follow the address: #account/PLACE, #accounts/look=NAME, or a part of the overview. */
  const follow = (moved) => {
    const [name, value] = location.hash.slice(1).split("/");
    const at = name === "account" && /^\d+$/.test(value ?? "") && Number(value) < PF.count ? Number(value) : null;
    overview.hidden = at !== null;
    account.hidden = at === null;
    account.replaceChildren(...(at === null ? [] : [PF.account(at)]));
    document.title = at === null ? "Customer health" : `${PF.data.accounts.names[at]} - Customer health`;
    if (at === null && value?.startsWith("look=")) PF.list.look(value.slice(5));
    const target = at === null ? byId(`${name}-title`) : byId("account-title");
    if (!moved) return;
    target?.focus({ preventScroll: true });
    if (at === null && target) target.scrollIntoView();
    else window.scrollTo(0, 0);
  };

  const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const shown = () => byId("theme").setAttribute("aria-pressed", String(dark()));
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    shown();
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    (overview.hidden ? account : overview).focus();
  });
  byId("print").addEventListener("click", () => window.print());
  window.addEventListener("hashchange", () => follow(true));

  fill();
  shown();
  follow(location.hash !== "");
};

PF.start();
