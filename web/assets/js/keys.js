// Keys for frequent acts: data-key="r" on a button, "g" then a letter for a place, J/K and X in a table, ? for the list. Off while typing.
(() => {
  let waiting = null;
  const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const seen = (element) => element.offsetParent !== null || getComputedStyle(element).position === "fixed";

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      window.milhaOpen(document.getElementById("palette"));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const open = document.querySelector("dialog[open]");
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!open && waiting) {
      const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
      clearTimeout(waiting);
      waiting = null;
      if (place) return press(place, event);
    }
    if (!open && key === "g") {
      waiting = setTimeout(() => (waiting = null), 1200);
      return;
    }
    if (!open && key === "?") return listKeys(event);
    if (!open && (key === "j" || key === "k") && moveRow(key === "j" ? 1 : -1)) return event.preventDefault();
    const row = event.target.closest?.("tbody tr");
    if (row && key === "x") return press(row.querySelector("[data-pick]"), event);
    if (row && key === "Enter" && event.target === row) return press(row.querySelector("a[href]"), event);
    const button = [...(open || document).querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(seen);
    if (button) press(button, event);
  });

  function press(element, event) {
    if (!element) return;
    event.preventDefault();
    if (element.matches("input:not([type=checkbox])")) {
      element.focus();
      element.select();
    } else element.click();
  }

  function moveRow(step) {
    const rows = [...document.querySelectorAll("table.tbl tbody tr:not(.group)")].filter((row) => seen(row) && !row.closest("details"));
    if (!rows.length) return false;
    const at = rows.indexOf(document.activeElement.closest?.("tbody tr"));
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step))];
    next.tabIndex = -1;
    next.focus({ focusVisible: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function listKeys(event) {
    const dialog = document.getElementById("keys");
    if (!dialog) return;
    event.preventDefault();
    const list = dialog.querySelector("[data-page-keys]");
    list.replaceChildren();
    for (const button of document.querySelectorAll("[data-key]")) {
      if (!seen(button) || button.closest("dialog")) continue;
      const row = dialog.querySelector("template").content.firstElementChild.cloneNode(true);
      const words = button.getAttribute("aria-label") || [...button.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent).join("").trim();
      row.querySelector("dt").textContent = words;
      row.querySelector("kbd").textContent = button.dataset.key.toUpperCase();
      list.append(row);
    }
    dialog.showModal();
  }
})();
