// Fields: masks and validation when a field is left (never while typing the first time), revealing a password, six digits, the save bar.
(() => {
  const masks = {
    cpf: (v) => shape(v, /^(\d{3})(\d{3})(\d{3})(\d{2})$/, "$1.$2.$3-$4"),
    cnpj: (v) => shape(v, /^(\w{2})(\w{3})(\w{3})(\w{4})(\d{2})$/, "$1.$2.$3/$4-$5"),
    tax: (v) => (letters(v).length === 11 ? masks.cpf(v) : masks.cnpj(v)),
    phone: (v) => shape(v.replace(/^\+?55(?=\d{10,11}$)/, ""), /^(\d{2})(\d?)(\d{4})(\d{4})$/, (_, area, nine, a, b) => `(${area}) ${nine ? nine + " " : ""}${a}-${b}`),
    postcode: (v) => shape(v, /^(\d{5})(\d{3})$/, "$1-$2"),
    mac: (v) => (/^[\dA-F]{12}$/.test(letters(v)) ? letters(v).match(/../g).join(":") : v.trim()),
    money: (v) => {
      const plain = v.replace(/[^\d,.-]/g, "").replace(/\.(?=\d{3}(\D|$))/g, "").replace(",", ".");
      return plain && !isNaN(plain) ? Number(plain).toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : v;
    },
  };
  const letters = (v) => v.replace(/[^0-9a-z]/gi, "").toUpperCase();
  const shape = (v, pattern, form) => (pattern.test(letters(v)) ? letters(v).replace(pattern, form) : v.trim());

  document.addEventListener("focusout", (event) => {
    const field = event.target;
    if (!field.matches?.(".input-m") || !field.form) return;
    if (field.dataset.mask && field.value) field.value = masks[field.dataset.mask](field.value);
    if (field.value || field.getAttribute("aria-invalid")) judge(field);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches?.(".input-m[aria-invalid]")) judge(event.target);
  });
  document.addEventListener("invalid", (event) => {
    if (!document.getElementById(event.target.id + "-wrong")) return;
    event.preventDefault();
    judge(event.target);
    event.target.form.querySelector(":invalid").focus();
  }, true);

  function judge(field) {
    const wrong = document.getElementById(field.id + "-wrong");
    if (!wrong) return;
    if ("said" in wrong.dataset && field.value === field.defaultValue) return; // what the server said stands until it is changed
    const said = field.validity.valid ? "" : field.dataset.wrong || field.validationMessage;
    wrong.hidden = !said;
    wrong.querySelector("span").textContent = said;
    if (said) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  document.addEventListener("click", (event) => {
    const eye = event.target.closest("[data-reveals]");
    if (!eye) return;
    const field = document.getElementById(eye.dataset.reveals);
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    eye.setAttribute("aria-pressed", String(shown));
    field.focus();
  });

  document.addEventListener("input", (event) => {
    const box = event.target.closest(".digits");
    if (!box) return;
    const typed = (event.target.value = event.target.value.replace(/\D/g, "").slice(0, 6));
    paint(box, typed);
    if (typed.length === 6) event.target.form.requestSubmit();
  });
  function paint(box, typed) {
    box.querySelectorAll("span").forEach((cell, index) => {
      cell.textContent = typed[index] || "";
      cell.classList.toggle("next", index === Math.min(typed.length, 5));
    });
  }

  // The save bar counts fields that differ from what the server sent.
  const changed = (field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? [...field.options].some((o) => o.selected !== o.defaultSelected)
    : field.value !== field.defaultValue;
  function count(form) {
    const bar = form.querySelector("[data-savebar]");
    if (!bar) return;
    const names = new Set([...form.elements].filter((f) => f.name && f.type !== "hidden" && changed(f)).map((f) => f.name + (f.type === "checkbox" ? f.value : "")));
    bar.hidden = names.size === 0;
    const words = bar.querySelector("[data-changes]");
    words.textContent = names.size === 1 ? words.dataset.one : words.dataset.many.replace("{n}", names.size);
  }
  document.addEventListener("input", (event) => event.target.form?.matches("[data-counts]") && count(event.target.form));
  document.addEventListener("reset", (event) => event.target.matches("[data-counts]") && setTimeout(() => count(event.target)));
  addEventListener("beforeunload", (event) => {
    if (document.querySelector("[data-savebar]:not([hidden])") && !leaving) event.preventDefault();
  });
  let leaving = false;
  document.addEventListener("submit", () => (leaving = true));

  document.querySelector("[data-focus]")?.focus();
})();
