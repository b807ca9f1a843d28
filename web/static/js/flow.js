// Lists that flow: the rows behind the page are fetched before one has scrolled to them, and laid behind those that are there.
// Each page of rows is a group; groups far from the view leave their height behind, so that thousands of rows weigh no more than
// some hundred. The columns keep the widths of the first page: rows that come move nothing. Without scripts there are pages.
(() => {
  const AHEAD = "2400px", KEPT = "3000px";
  let busy = false;

  function freeze(table) {
    if (table.dataset.frozen !== undefined) return;
    const heads = [...table.querySelectorAll("thead th")], widths = heads.map((head) => head.getBoundingClientRect().width);
    heads.forEach((head, place) => (head.style.width = widths[place] + "px"));
    table.style.tableLayout = "fixed";
    table.dataset.frozen = "";
    keep.observe(table.tBodies[0]);
  }

  // ---- groups far away
  const stowed = new WeakMap();
  function stow(group) {
    if (stowed.has(group) || group.contains(document.activeElement) || !group.rows.length) return;
    const height = group.getBoundingClientRect().height, rows = document.createDocumentFragment();
    rows.append(...group.rows);
    stowed.set(group, rows);
    const row = group.insertRow(), cell = row.insertCell();
    row.setAttribute("aria-hidden", "true");
    cell.colSpan = 99;
    cell.style.height = height + "px";
    cell.style.padding = cell.style.border = "0";
  }
  function restore(group) {
    const rows = stowed.get(group);
    if (!rows) return;
    stowed.delete(group);
    group.replaceChildren(rows);
  }
  const keep = new IntersectionObserver((seen) => seen.forEach((one) => (one.isIntersecting ? restore(one.target) : stow(one.target))), { rootMargin: KEPT });

  // ---- what comes
  const shown = (element) => element && element.getClientRects().length > 0;
  function lay(card, fresh) {
    const table = card.querySelector("table.tbl"), list = [...card.querySelectorAll("ul")].pop();
    if (shown(table)) {
      freeze(table);
      const group = document.importNode(fresh.querySelector("table.tbl tbody"), true);
      table.append(group);
      keep.observe(group);
    } else if (shown(list)) {
      const group = document.importNode(fresh.querySelector("ul"), true);
      group.style.contentVisibility = "auto";
      group.style.containIntrinsicSize = "auto 200rem";
      list.after(group);
    }
  }
  async function more(mark) {
    if (busy || !mark.isConnected) return;
    busy = true;
    const card = mark.parentElement;
    try {
      const answer = await fetch(mark.dataset.flow, { credentials: "same-origin", headers: { "HX-Request": "true", "X-Milha-Block": "rows" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(card.id);
      if (!fresh || !mark.isConnected) return;
      lay(card, fresh);
      const foot = card.querySelector(".foot"), first = foot.textContent.trim().match(/^\S+/)?.[0];
      foot.replaceWith(document.importNode(fresh.querySelector(".foot"), true));
      const words = card.querySelector(".foot span").firstChild;
      if (first) words.textContent = words.textContent.replace(/\S+/, first); // "1 to 100": the first row is still there
      const next = fresh.querySelector("[data-flow]");
      if (next) mark.dataset.flow = next.dataset.flow;
      else mark.remove();
    } catch {
      // the network is away: the footer's buttons are still there
    } finally {
      busy = false;
      if (mark.isConnected) near.unobserve(mark), near.observe(mark); // a tall screen wants the next ones at once
    }
  }
  const near = new IntersectionObserver((seen) => seen.forEach((one) => one.isIntersecting && more(one.target)), { rootMargin: AHEAD });
  const watch = () => document.querySelectorAll("[data-flow]").forEach((mark) => ((mark.hidden = false), near.observe(mark)));
  document.addEventListener("htmx:load", watch);
  document.addEventListener("htmx:afterSettle", watch);
  watch();
})();
