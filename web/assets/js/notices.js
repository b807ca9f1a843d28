// Toasts (6 s, longer while pointed at), copying, and requests that failed: those stay in place as a card, never as a toast.
(() => {
  const place = () => document.getElementById("toasts");

  function leave(toast) {
    let timer = setTimeout(() => toast.remove(), 6000);
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), 2000)));
  }
  for (const toast of document.querySelectorAll("[data-toast]")) if (place()?.contains(toast)) leave(toast);

  // The server asks for one by the header HX-Trigger: {"toast": {"html": "<ui.toast(...)>"}} or {"toast": {"text": "..."}}.
  document.addEventListener("toast", (event) => {
    const template = document.getElementById("toast-template");
    if (!place() || !template) return;
    let toast = template.content.firstElementChild.cloneNode(true);
    if (event.detail.html) {
      const parsed = new DOMParser().parseFromString(event.detail.html, "text/html");
      toast = document.importNode(parsed.body.firstElementChild, true);
    } else toast.querySelector("span").textContent = event.detail.text;
    place().append(toast);
    window.htmx?.process(toast);
    leave(toast);
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-of]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copyOf ? document.getElementById(button.dataset.copyOf).value : button.dataset.copy);
    const words = button.querySelector("span") || button;
    const before = words.textContent;
    words.textContent = button.dataset.copied;
    setTimeout(() => (words.textContent = before), 2000);
  });

  // The card says what failed; its button asks the same again, its code is for support.
  function failed(event) {
    const template = document.getElementById("failed-template");
    const target = event.detail.target;
    if (!template || !target || target === document.body || target.matches(".wrong")) return;
    target.parentElement.querySelector(":scope > [data-failed]")?.remove();
    const card = template.content.firstElementChild.cloneNode(true);
    const xhr = event.detail.xhr;
    const code = [xhr?.status || "", xhr?.getResponseHeader("X-Request-Id") || ""].filter(Boolean).join(" ");
    const copier = card.querySelector("[data-code] [data-copy]");
    card.querySelector("[data-code]").hidden = !code;
    copier.dataset.copy = copier.querySelector("span").textContent = code;
    const { verb, path } = event.detail.requestConfig || {};
    card.querySelector("[data-again]").addEventListener("click", () => {
      card.remove();
      if (verb === "get") window.htmx.ajax("GET", path, { source: event.detail.elt, target });
      else location.reload();
    });
    target.before(card);
  }
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:beforeSwap", (event) => event.detail.target?.parentElement?.querySelector(":scope > [data-failed]")?.remove());

  // What is said to who cannot see it: the newest word, at most one each ten seconds.
  let saidAt = 0, waiting = null;
  window.milhaSay = (words) => {
    const said = document.getElementById("said");
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      saidAt = Date.now();
      said.textContent = words;
    }, Math.max(0, saidAt + 10000 - Date.now()));
  };
  let unread = Number(document.querySelector("[data-unread]")?.dataset.unread || 0);
  document.addEventListener("htmx:sseMessage", (event) => {
    if (event.target.getAttribute?.("sse-swap") !== "bell") return;
    const told = event.target.querySelector("[data-unread]");
    const now = Number(told?.dataset.unread || 0);
    if (now > unread) window.milhaSay(told.dataset.say);
    unread = now;
  });
})();
