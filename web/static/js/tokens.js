// A new token: only the acts of the chosen role are offered; those that are not are neither shown nor sent.
(() => {
  const form = document.querySelector("[data-token]");
  if (!form) return;
  const role = form.querySelector("[name=role]");
  function offer() {
    for (const act of form.querySelectorAll("[data-has]")) {
      const has = act.dataset.has.split(" ").includes(role.value);
      act.hidden = !has;
      act.querySelector("input").disabled = !has;
    }
    for (const group of form.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("[data-has]:not([hidden])");
  }
  role.addEventListener("change", offer);
  offer();
})();
