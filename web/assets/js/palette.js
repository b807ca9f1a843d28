// Ctrl K: places of the console filtered as one types, the search among customers first, and what the server finds below.
(() => {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const field = palette.querySelector("input[type=search]");
  const search = palette.querySelector("[data-search]");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = () => [...palette.querySelectorAll(".palette-i")].filter((row) => !row.hidden && !row.closest("[hidden]"));

  palette.addEventListener("milha:open", () => {
    field.value = "";
    sift();
    field.focus();
  });
  field.addEventListener("input", sift);
  palette.addEventListener("htmx:afterSettle", () => choose(rows()[0]));

  function sift() {
    const words = plain(field.value.trim());
    const commandsOnly = words.startsWith(">");
    const wanted = words.replace(/^>\s*/, "");
    search.hidden = !words || commandsOnly;
    search.href = search.dataset.search + "?q=" + encodeURIComponent(field.value.trim());
    search.querySelector("[data-words]").textContent = field.value.trim();
    let any = false;
    for (const row of palette.querySelectorAll("[data-place]")) {
      row.hidden = Boolean(wanted) && !plain(row.dataset.place).includes(wanted);
      any ||= !row.hidden;
    }
    palette.querySelector("[data-places]").hidden = !any;
    const found = palette.querySelector("[data-found]");
    if (!words || commandsOnly) found.replaceChildren();
    choose(rows()[0]);
  }

  function choose(row) {
    for (const each of palette.querySelectorAll("[aria-selected]")) each.removeAttribute("aria-selected");
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
  }

  palette.addEventListener("keydown", (event) => {
    const all = rows();
    const at = all.findIndex((row) => row.getAttribute("aria-selected"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Escape") {
      event.preventDefault(); // a search field would only empty itself
      palette.close();
    } else if (event.key === "Enter" && event.target === field) {
      event.preventDefault();
      all[Math.max(at, 0)]?.click();
    }
  });
})();
