// Lists that flow: the rows behind the page are fetched before one has scrolled to them, and laid behind those that are there.
// They come in groups; groups far from the view leave their height behind, so that thousands of rows weigh no more than
// some hundred. The columns keep the widths of the first page: rows that come move nothing. Without scripts there are pages.
(() => {
  const AHEAD = "1500px", KEPT = "2000px", GROUP = 50; // rows
  let busy = false, tall = 30; // px of a row

  function freeze(table) {
    if (table.dataset.frozen !== undefined) return;
    const heads = [...table.querySelectorAll("thead th")], widths = heads.map((head) => head.getBoundingClientRect().width);
    heads.forEach((head, place) => (head.style.width = widths[place] + "px"));
    table.style.tableLayout = "fixed";
    table.dataset.frozen = "";
    tall = table.tBodies[0].getBoundingClientRect().height / table.tBodies[0].rows.length;
    keep.observe(table.tBodies[0]);
  }

  // ---- groups far away
  const stowed = new WeakMap();
  function stow(group) {
    if (stowed.has(group) || group.contains(document.activeElement) || !group.rows.length) return;
    const height = group.getBoundingClientRect().height, rows = document.createDocumentFragment();
    rows.append(...group.rows);
    leave(group, rows, height);
  }
  function leave(group, rows, height) {
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
  // one group a frame, those in view first: a leap over the whole list must not hold the page
  const wanted = new Set();
  const apart = (group) => { const box = group.getBoundingClientRect(); return Math.max(0, box.top - innerHeight, -box.bottom); };
  function turn() {
    const [next] = [...wanted].sort((one, other) => apart(one) - apart(other));
    wanted.delete(next);
    restore(next);
    if (wanted.size) requestAnimationFrame(turn);
  }
  const keep = new IntersectionObserver((seen) => {
    const idle = !wanted.size;
    for (const one of seen) {
      if (!one.isIntersecting) wanted.delete(one.target), stow(one.target);
      else if (stowed.has(one.target)) wanted.add(one.target);
    }
    if (idle && wanted.size) requestAnimationFrame(turn);
  }, { rootMargin: KEPT });

  // ---- what comes
  const shown = (element) => element && element.getClientRects().length > 0;
  function lay(card, fresh) {
    const table = card.querySelector("table.tbl"), list = [...card.querySelectorAll("ul")].pop();
    if (shown(table)) {
      freeze(table);
      const rows = [...fresh.querySelector("table.tbl tbody").rows];
      while (rows.length) { // each comes into its place when it is near, like one that was put away
        const group = document.createElement("tbody"), some = document.createDocumentFragment(), count = Math.min(GROUP, rows.length);
        some.append(...rows.splice(0, count).map((row) => document.importNode(row, true)));
        leave(group, some, count * tall);
        table.append(group);
        keep.observe(group);
      }
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
