// Stands in for Zendesk's app framework: answers as its client does, for the CASE that the server
// put before this script, and keeps what it was asked.
(() => {
  const handlers = {};
  const kept = { requests: [], sizes: [], shown: [], held: null, waiting: [] };
  const properties = {
    "currentUser.locale": CASE.locale,
    colorScheme: CASE.color_scheme,
    "ticket.organization": CASE.location === "ticket_sidebar" ? CASE.organization : undefined,
    organization: CASE.location === "organization_sidebar" ? CASE.organization : undefined,
  };

  // A page that changed has been painted two frames later.
  function timed(resolve) {
    const from = performance.now();
    const place = document.getElementById("app");
    const watch = new MutationObserver(() => {
      if (place.dataset.state === "loading") return;
      watch.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => kept.shown.push(performance.now() - from)));
    });
    watch.observe(place, { attributes: true, childList: true });
    resolve();
  }

  const client = {
    on(name, handler) {
      (handlers[name] ??= []).push(handler);
    },
    async get(name) {
      if (CASE.get_fails) throw Object.assign(new Error("Timeout"), { name: "TimeoutError" });
      if (!(name in properties)) throw new Error(`"${name}" Could not find handler for: "${name}"`);
      const answer = { errors: {}, [name]: properties[name] };
      if (name === kept.held) await new Promise((resolve) => kept.waiting.push(resolve));
      return answer;
    },
    async metadata() {
      return { appId: 1, installationId: 2, settings: CASE.settings };
    },
    async context() {
      return { location: CASE.location, product: "support" };
    },
    request(options) {
      kept.requests.push(options);
      const [, id] = /^\/api\/v2\/organizations\/(\d+)\.json$/.exec(options.url) ?? [];
      const answer = CASE.answers[id] ?? { status: 404, body: {} };
      return new Promise((resolve, reject) => {
        const settle = () =>
          answer.status === 200
            ? timed(() => resolve(answer.body))
            : reject({ status: answer.status, responseText: JSON.stringify(answer.body) });
        if (answer.held) kept.release = { ...kept.release, [id]: settle };
        else setTimeout(settle, 0);
      });
    },
    async invoke(action, size) {
      if (action === "resize") kept.sizes.push(size);
    },
  };

  window.zaf = {
    kept,
    answers: CASE.answers,
    set: (name, value) => (properties[name] = value),
    emit: (name, data) => (handlers[name] ?? []).forEach((handler) => handler(data)),
  };
  if (CASE.inside) window.ZAFClient = { init: () => client };
  else window.ZAFClient = { init: () => false };
})();
