// A part of a page that is read again every few seconds: data-refresh="5" on an element with an id. It waits while
// the page is hidden, while rows are chosen, while something in it has the focus, and while a dialog is open.
(() => {
  const busy = (part) =>
    document.hidden || part.contains(document.activeElement) || part.querySelector("[data-pick]:checked, details[open]") || document.querySelector("dialog[open]") || [...part.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);

  async function again(id) {
    const part = document.getElementById(id);
    if (!part) return;
    if (!busy(part)) {
      try {
        const answer = await fetch(location.href, { credentials: "same-origin", headers: { "X-Milha-Refresh": id } });
        const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
        if (fresh && !busy(part)) {
          part.replaceChildren(...document.importNode(fresh, true).childNodes);
          window.htmx?.process(part);
          document.dispatchEvent(new CustomEvent("milha:fresh"));
        }
      } catch {} // the network is away; the shell's dot tells of it, and the old rows stay
    }
    setTimeout(again, 1000 * part.dataset.refresh, id);
  }
  // What the event stream replaces waits while somebody stands on one of its buttons.
  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (event.target !== document.body && event.target.contains(document.activeElement)) event.preventDefault();
  });
  for (const part of document.querySelectorAll("[data-refresh]")) setTimeout(again, 1000 * part.dataset.refresh, part.id);
})();
