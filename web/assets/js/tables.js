// Chosen rows (with Shift for a range), the dark bar that acts on them, and the density of one table, kept in this browser.
(() => {
  let last = null;
  const picks = (scope) => [...scope.querySelectorAll("[data-pick]")];

  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (pick && event.shiftKey && last && last !== pick) {
      const all = picks(pick.closest("table"));
      const [from, to] = [all.indexOf(last), all.indexOf(pick)].sort((a, b) => a - b);
      if (from >= 0) for (const between of all.slice(from, to + 1)) between.checked = pick.checked;
    }
    if (pick) last = pick;
    if (event.target.closest("[data-pick-none]")) {
      for (const each of picks(document)) each.checked = false;
      tell();
    }
    const density = event.target.closest("[data-density-of]");
    if (density && !density.form) setDensity(density, density.getAttribute("aria-pressed") !== "true");
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]"))
      for (const each of picks(event.target.closest("table"))) each.checked = event.target.checked;
    if (event.target.matches("[data-pick], [data-pick-all]")) tell();
  });

  function tell() {
    for (const all of document.querySelectorAll("[data-pick-all]")) {
      const own = picks(all.closest("table"));
      const chosen = own.filter((each) => each.checked).length;
      all.checked = chosen > 0 && chosen === own.length;
      all.indeterminate = chosen > 0 && chosen < own.length;
    }
    const chosen = picks(document).filter((each) => each.checked).length;
    for (const bar of document.querySelectorAll("[data-bulk]")) {
      bar.hidden = chosen === 0;
      const words = bar.querySelector("[data-chosen]");
      words.textContent = chosen === 1 ? words.dataset.one : words.dataset.many.replace("{n}", chosen.toLocaleString(document.documentElement.lang));
    }
  }

  function setDensity(button, compact) {
    const id = button.dataset.densityOf;
    const table = document.querySelector(`[data-table="${id}"]`);
    if (table) table.dataset.density = compact ? "compact" : "comfortable";
    for (const each of document.querySelectorAll(`[data-density-of="${id}"]`)) {
      each.setAttribute("aria-pressed", String(compact));
      if (each.name) each.value = compact ? "comfortable" : "compact"; // what the next press asks for
    }
    if (button.form) return;
    try {
      localStorage.setItem("density:" + id, compact ? "compact" : "comfortable");
    } catch {} // a browser may refuse to keep anything; the choice then lasts for this page
  }
  // Kept with the person by the form's own address, without leaving the page.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-density-form]") || !event.submitter) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    setDensity(event.submitter, event.submitter.value === "compact");
    fetch(form.getAttribute("action"), { method: "POST", body, credentials: "same-origin", redirect: "manual", keepalive: true });
  });
  function restore() {
    for (const button of document.querySelectorAll("[data-density-of]")) {
      const id = button.dataset.densityOf;
      const table = document.querySelector(`[data-table="${id}"]`);
      let kept = null;
      try {
        kept = localStorage.getItem("density:" + id);
      } catch {}
      if (button.form && table) table.dataset.density = button.getAttribute("aria-pressed") === "true" ? "compact" : "comfortable";
      else if (kept && table) table.dataset.density = kept;
      button.setAttribute("aria-pressed", String(table?.closest("[data-density]")?.dataset.density === "compact"));
    }
    tell();
  }

  // The columns: found by a word, moved by their grip or by arrow keys.
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-columns-search]")) return;
    const word = event.target.value.trim().toLowerCase();
    for (const row of event.target.form.querySelectorAll("[data-columns-list] > li")) row.hidden = !row.textContent.toLowerCase().includes(word);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-columns-search]")) event.preventDefault();
    const grip = event.target.closest?.("[data-columns-list] [data-grip]");
    if (!grip || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const row = grip.closest("li");
    if (event.key === "ArrowUp") row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    grip.focus();
  });
  let dragged = null;
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-columns-list] [data-grip]");
    if (!grip) return;
    dragged = grip.closest("li");
    event.preventDefault();
  });
  document.addEventListener("pointermove", (event) => {
    const over = dragged && document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-columns-list] > li");
    if (!over || over === dragged || over.parentElement !== dragged.parentElement) return;
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged);
    else over.after(dragged);
  });
  document.addEventListener("pointerup", () => (dragged = null));

  // Files that are being made: from the moment one was asked for, their end is told on whatever page is open.
  const FLAG = "milha:exports";
  document.addEventListener("submit", (event) => {
    const action = event.submitter?.getAttribute("formaction") || event.target.getAttribute("action");
    if (action !== "/console/exports") return;
    try {
      sessionStorage.setItem(FLAG, "1");
    } catch {}
    if (!timer) timer = setTimeout(news, 2000);
  });
  let timer = null;
  async function news() {
    timer = null;
    let waiting = 1;
    try {
      const answer = await fetch("/console/exports/news", { credentials: "same-origin" });
      if (!answer.ok) return;
      const told = await answer.json();
      for (const html of told.toasts) document.dispatchEvent(new CustomEvent("toast", { detail: { html } }));
      waiting = told.waiting;
    } catch {} // the network is away: asked again
    if (waiting) timer = setTimeout(news, 2000);
    else sessionStorage.removeItem(FLAG);
  }
  try {
    if (sessionStorage.getItem(FLAG)) timer = setTimeout(news, 1000);
  } catch {}

  document.addEventListener("htmx:afterSettle", restore);
  document.addEventListener("milha:fresh", restore);
  restore();
})();
