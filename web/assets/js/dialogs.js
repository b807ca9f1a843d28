// Native dialogs and small menus: data-opens="id", data-closes, details[data-menu]; typed numbers; chosen rows sent along.
(() => {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    const closer = event.target.closest("[data-closes]");
    if (opener) open(document.getElementById(opener.dataset.opens));
    else if (closer) closer.closest("dialog").close();
    else if (event.target.matches("dialog") && outside(event)) event.target.close();
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  function open(dialog) {
    if (!dialog || dialog.open) return;
    const form = dialog.querySelector("form[data-takes-chosen]");
    if (form) takeChosen(form);
    dialog.showModal();
    dialog.dispatchEvent(new CustomEvent("milha:open", { bubbles: true }));
  }

  function outside(event) {
    const box = event.target.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }

  function takeChosen(form) {
    for (const old of form.querySelectorAll("[data-taken]")) old.remove();
    for (const pick of document.querySelectorAll("[data-pick]:checked")) {
      const input = Object.assign(document.createElement("input"), { type: "hidden", name: pick.name, value: pick.value });
      input.dataset.taken = "";
      form.append(input);
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("input", (event) => {
    const wanted = event.target.dataset.mustBe;
    if (wanted !== undefined)
      event.target.form.querySelector("[type=submit]").disabled = event.target.value.replace(/\D/g, "") !== wanted;
  });

  window.milhaOpen = open;
})();
