// Ctrl K: what the server finds as one types, with acts on the chosen row; pages and acts of the console sifted here.
// Arrow keys choose, Enter opens, Ctrl Enter opens in a new tab, Alt and a letter does an act. What was opened is
// remembered in the session and stands first when nothing is typed.
(() => {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const part = (name) => palette.querySelector(`[data-${name}]`);
  const field = palette.querySelector("input[type=search]");
  const found = part("found"), acts = part("acts"), took = part("took"), waits = part("waits"), nothing = part("nothing");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = () => [...palette.querySelectorAll(".palette-i")].filter((row) => !row.hidden && !row.closest("[hidden]"));
  const typed = () => field.value.trim();
  const pagesOnly = () => typed().startsWith(">");
  let timer = null, asked = null;

  palette.addEventListener("milha:open", () => {
    field.value = "";
    found.replaceChildren();
    sift();
    look();
    field.focus();
  });
  field.addEventListener("input", () => {
    sift();
    clearTimeout(timer);
    timer = setTimeout(look, 120);
  });

  // The server is asked for things, never for pages; an answer to what is no longer typed is dropped by hx-sync.
  function look() {
    if (pagesOnly()) return settle();
    asked = typed();
    waits.hidden = !asked;
    field.dispatchEvent(new Event("milha:look"));
  }
  palette.addEventListener("htmx:afterSettle", settle);
  palette.addEventListener("htmx:afterRequest", (event) => event.detail.elt === field && asked === typed() && (waits.hidden = true));

  function settle() {
    const count = found.querySelector("[data-count]");
    took.textContent = count ? count.dataset.text : "";
    choose(rows()[0]);
    tellNothing();
  }

  function tellNothing() {
    nothing.hidden = !typed() || !waits.hidden || rows().length > 0;
    nothing.dataset.words ||= nothing.textContent;
    nothing.textContent = nothing.dataset.words.replace("{text}", () => typed());
  }

  function sift() {
    const wanted = plain(typed()).replace(/^>\s*/, "");
    let any = false;
    for (const row of part("places").querySelectorAll("[data-place]")) {
      row.hidden = Boolean(wanted) && !plain(row.dataset.place).includes(wanted);
      any ||= !row.hidden;
    }
    part("places").hidden = !any;
    if (pagesOnly() || !typed()) found.replaceChildren();
    if (!typed()) took.textContent = "";
    choose(rows()[0]);
    tellNothing();
  }

  function choose(row) {
    for (const each of palette.querySelectorAll("[aria-selected=true]")) each.setAttribute("aria-selected", "false");
    if (!row || !acts.contains(row)) offer(row);
    if (row) {
      row.id ||= "row-" + Math.random().toString(36).slice(2);
      row.setAttribute("aria-selected", "true");
      row.scrollIntoView({ block: "nearest" });
    }
    if (row) field.setAttribute("aria-activedescendant", row.id);
    else field.removeAttribute("aria-activedescendant");
  }

  // The acts on the chosen thing stand beneath all that was found.
  function offer(row) {
    const template = row?.nextElementSibling?.matches?.("template") ? row.nextElementSibling : null;
    acts.hidden = !template;
    part("acts-list").replaceChildren(...(template ? template.content.cloneNode(true).childNodes : []));
    if (template) part("acts-of").textContent = part("acts-of").dataset.actsOf.replace("{name}", () => row.dataset.hit);
  }

  function keep(row) {
    const recent = row.dataset.recent !== undefined;
    if (!row.dataset.hit && !recent) return;
    const title = row.dataset.hit || row.dataset.place;
    const icon = row.dataset.icon || "user";
    if (recent) return;
    const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRF-Token"] || "";
    const body = new URLSearchParams({ title: title.slice(0, 160), href: row.getAttribute("href"), icon });
    fetch("/console/search/opened", { method: "POST", body, headers: { "X-CSRF-Token": token }, credentials: "same-origin", keepalive: true });
  }

  function go(row, apart) {
    if (!row) return;
    if (apart) {
      keep(row);
      window.open(row.href, "_blank", "noopener");
    } else row.click();
  }
  palette.addEventListener("click", (event) => {
    const row = event.target.closest(".palette-i");
    if (!row) return;
    keep(row);
    if (!event.ctrlKey && !event.metaKey) palette.close();
  }, true);
  palette.addEventListener("pointermove", (event) => {
    const row = event.target.closest(".palette-i");
    if (row && row.getAttribute("aria-selected") !== "true") choose(row);
  });

  palette.addEventListener("keydown", (event) => {
    const all = rows();
    const at = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (all.length) choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Escape") {
      event.preventDefault(); // a search field would only empty itself
      palette.close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (typed() && asked !== typed() && !pagesOnly()) return; // not answered yet: Enter must not open what stood there before
      go(all[Math.max(at, 0)], event.ctrlKey || event.metaKey);
    } else if (event.altKey && !acts.hidden) {
      const act = acts.querySelector(`[data-alt="${CSS.escape(event.key.toLowerCase())}"]`);
      if (act) {
        event.preventDefault();
        go(act, false);
      }
    }
  });
})();
