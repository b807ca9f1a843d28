// Parts of a page that are read again every few seconds: data-refresh="5" on elements with an id, all by one request.
// A part waits while something in it has the focus, rows are chosen, a detail is open, a field was changed or the pointer
// reads a chart; all wait while the page is hidden or a dialog is open. What comes back as it was stays as it is.
(() => {
  const parts = () => [...document.querySelectorAll("[data-refresh][id]")];
  const sources = new WeakMap(parts().map((part) => [part, part.innerHTML])); // each part as it came
  const every = 1000 * Math.min(...parts().map((part) => Number(part.dataset.refresh)));
  const held = (part) =>
    part.contains(document.activeElement) ||
    part.querySelector("[data-pick]:checked, details[open], [data-chart]:hover") ||
    [...part.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);

  async function again() {
    if (!document.hidden && !document.querySelector("dialog[open]")) {
      try {
        const answer = await fetch(location.href, { credentials: "same-origin", headers: { "X-Milha-Refresh": "1" } });
        if (answer.ok && !answer.redirected) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch {} // the network is away; the shell's dot tells of it, and the old rows stay
    }
    setTimeout(again, every);
  }

  function replace(page) {
    for (const part of parts()) {
      const fresh = page.getElementById(part.id);
      if (!fresh || held(part) || sources.get(part) === fresh.innerHTML) continue;
      sources.set(part, fresh.innerHTML);
      part.replaceChildren(...document.importNode(fresh, true).childNodes);
      window.htmx?.process(part);
    }
    document.dispatchEvent(new Event("milha:fresh")); // charts are drawn anew, parts with an address of their own ask it
  }
  if (Number.isFinite(every)) setTimeout(again, every);

  document.addEventListener("htmx:beforeRequest", (event) => {
    const asks = event.detail.requestConfig.triggeringEvent?.type === "milha:fresh";
    if (asks && event.target.contains(document.activeElement)) event.preventDefault();
  });
  // What the event stream replaces waits while somebody stands on one of its buttons.
  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (event.target !== document.body && event.target.contains(document.activeElement)) event.preventDefault();
  });
})();
