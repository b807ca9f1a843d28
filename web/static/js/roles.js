// The matrix of roles: a cell shows what its select says, changed cells are ringed, the bar counts changes and people.
(() => {
  const form = document.querySelector("[data-matrix]");
  if (!form) return;
  const grants = form.querySelector("[data-grants]").content;
  const cells = [...form.querySelectorAll("select[data-base]")];
  const bar = form.querySelector("[data-savebar]");
  const worth = { "": 0, own: 1, city: 2, all: 3 }; // city and own differ; what counts is that the cell changed
  const role = (cell) => cell.closest("td").dataset.role;
  const people = Object.fromEntries([...form.querySelectorAll("thead [data-role]")].map((head) => [head.dataset.role, Number(head.dataset.people)]));

  function paint(cell) {
    const label = cell.parentElement;
    label.querySelector(".grant").replaceWith(grants.querySelector(`[data-value="${cell.value}"]`).firstElementChild.cloneNode(true));
    label.classList.toggle("changed", cell.value !== cell.dataset.base);
  }
  function say(name, count) {
    const words = bar.querySelector(`[data-${name}]`);
    words.textContent = count === 0 ? words.dataset.none : count === 1 ? words.dataset.one : words.dataset.many.replace("{n}", count);
  }
  function count() {
    const changed = cells.filter((cell) => cell.value !== cell.dataset.base);
    const total = (keys) => [...new Set(keys)].reduce((sum, key) => sum + people[key], 0);
    bar.hidden = changed.length === 0;
    say("changes", changed.length);
    say("gain", total(changed.filter((cell) => worth[cell.value] > worth[cell.dataset.base]).map(role)));
    say("lose", total(changed.filter((cell) => worth[cell.value] < worth[cell.dataset.base]).map(role)));
  }
  form.addEventListener("change", (event) => {
    if (!event.target.matches("select[data-base]")) return;
    paint(event.target);
    count();
  });
  form.addEventListener("focusin", (event) => light(event.target.closest("td")?.dataset.role));
  function light(key) {
    for (const one of form.querySelectorAll("[data-role]")) one.classList.toggle("lit", one.dataset.role === key);
  }

  form.querySelector("[data-finds]").addEventListener("input", (event) => {
    const text = event.target.value.trim().toLowerCase();
    for (const row of form.querySelectorAll("[data-act]")) row.hidden = !row.dataset.act.includes(text);
    for (const body of form.querySelectorAll("tbody")) body.hidden = !body.querySelector("[data-act]:not([hidden])");
  });
  form.querySelector("[data-finds]").addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  form.querySelector("[data-shows]").addEventListener("change", (event) => {
    for (const one of form.querySelectorAll("[data-role]")) one.classList.toggle("max-md:hidden", one.dataset.role !== event.target.value);
  });
  cells.forEach(paint); // a browser that goes back keeps what was chosen
  count();
})();
