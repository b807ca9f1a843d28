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
    if (density) setDensity(density.dataset.densityOf, density.getAttribute("aria-pressed") !== "true");
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

  function setDensity(id, compact) {
    const table = document.querySelector(`[data-table="${id}"]`);
    if (table) table.dataset.density = compact ? "compact" : "comfortable";
    for (const button of document.querySelectorAll(`[data-density-of="${id}"]`)) button.setAttribute("aria-pressed", String(compact));
    try {
      localStorage.setItem("density:" + id, compact ? "compact" : "comfortable");
    } catch {} // a browser may refuse to keep anything; the choice then lasts for this page
  }
  function restore() {
    for (const button of document.querySelectorAll("[data-density-of]")) {
      const id = button.dataset.densityOf;
      const table = document.querySelector(`[data-table="${id}"]`);
      let kept = null;
      try {
        kept = localStorage.getItem("density:" + id);
      } catch {}
      if (kept && table) table.dataset.density = kept;
      button.setAttribute("aria-pressed", String(table?.closest("[data-density]")?.dataset.density === "compact"));
    }
    tell();
  }
  document.addEventListener("htmx:afterSettle", restore);
  document.addEventListener("milha:fresh", restore);
  restore();
})();
