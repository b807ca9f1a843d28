// Fields: masks and validation when a field is left (never while typing the first time), revealing a password, six digits, the save bar,
// the guard of what is not saved, and one press for one act. A form with data-validates="/console/validate/<name>" is judged by the server,
// field by field; others by what the browser knows.
(() => {
  const lang = document.documentElement.lang;
  const letters = (v) => v.replace(/[^0-9a-z]/gi, "").toUpperCase();
  const shape = (v, pattern, form) => (pattern.test(letters(v)) ? letters(v).replace(pattern, form) : v.trim());
  const [thousands, decimals] = lang.startsWith("pt") ? [".", ","] : [",", "."];
  const masks = {
    cpf: (v) => shape(v, /^(\d{3})(\d{3})(\d{3})(\d{2})$/, "$1.$2.$3-$4"),
    cnpj: (v) => shape(v, /^([\dA-Z]{2})([\dA-Z]{3})([\dA-Z]{3})([\dA-Z]{4})(\d{2})$/, "$1.$2.$3/$4-$5"),
    tax: (v) => (letters(v).length === 11 ? masks.cpf(v) : masks.cnpj(v)),
    phone: (v) =>
      /^\s*\+(?!55)/.test(v) ? v.trim()
      : shape(v.replace(/^\s*(\+\s*55|55(?=\d{10,11}\s*$)|0(?=\d{10,11}\s*$))/, ""), /^(\d{2})(\d?)(\d{4})(\d{4})$/, (_, area, nine, a, b) => `(${area}) ${nine ? nine + " " : ""}${a}-${b}`),
    postcode: (v) => shape(v, /^(\d{5})(\d{3})$/, "$1-$2"),
    mac: (v) => (/^[\dA-F]{12}$/.test(letters(v)) && !/[^0-9a-f.:\-\s]/i.test(v) ? letters(v).match(/../g).join(":") : v.trim()),
    ip: (v) => v.trim().toLowerCase().replace(/\s*\/\s*/, "/"),
    money: (v) => {
      const found = amount(v);
      return found === null ? v : found.toLocaleString(lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    },
    mbps: (v) => {
      const found = amount(v);
      return found === null ? v : found.toLocaleString(lang, { maximumFractionDigits: 3 });
    },
  };
  // As the server reads it (web/form_values.py): what could be the language's own thousands is.
  function amount(v) {
    let text = v.replace(/R\$|Mbps|\s/g, "");
    const own = new RegExp(`^-?\\d{1,3}(\\${thousands}\\d{3})+(\\${decimals}\\d{1,2})?$`);
    if (own.test(text)) text = text.replaceAll(thousands, "").replace(decimals, ".");
    else if (/^-?\d+([.,]\d+)?$/.test(text)) text = text.replace(",", ".");
    else return null;
    const places = text.split(".")[1]?.length || 0;
    return places > 3 ? null : Number(text);
  }

  function mask(field) {
    const shown = field.dataset.mask && field.value && masks[field.dataset.mask]?.(field.value);
    if (shown && shown !== field.value && !(field.dataset.mask === "money" && Math.abs(amount(shown) - amount(field.value)) > 1e-9)) field.value = shown;
  }

  // --- what is wrong with a field

  const entered = new WeakMap(); // what a field held when it was entered
  const place = (field) => document.getElementById((field.form.dataset.validates ? field.name : field.id) + "-wrong");

  document.addEventListener("focusin", (event) => event.target.matches?.(".input-m") && entered.set(event.target, event.target.value));
  document.addEventListener("focusout", (event) => {
    const field = event.target;
    if (!field.matches?.(".input-m") || !field.form) return;
    mask(field);
    if (field.form.dataset.validates) {
      if (field.value !== entered.get(field) || field.getAttribute("aria-invalid")) ask(field);
    } else if (field.value || field.getAttribute("aria-invalid")) judge(field);
  });
  document.addEventListener("paste", (event) => {
    if (event.target.matches?.(".input-m[data-mask]")) setTimeout(() => mask(event.target));
  });
  let typing = null;
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches?.(".input-m[aria-invalid]") || !field.form) return;
    if (!field.form.dataset.validates) return judge(field);
    clearTimeout(typing);
    typing = setTimeout(() => ask(field), 250);
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.form?.dataset.validates && field.matches("input[type=radio]") && place(field)?.hidden === false) ask(field);
  });
  document.addEventListener("invalid", (event) => {
    if (!event.target.form || !place(event.target)) return;
    event.preventDefault();
    judge(event.target);
    event.target.form.querySelector(":invalid:not(fieldset)").focus();
  }, true);

  // The field goes alone: neither its neighbours nor a secret among them is sent to judge it.
  function ask(field) {
    if (!field.name || !place(field)) return;
    field.setAttribute("hx-params", `${field.name},field,row`);
    const values = { field: field.name, row: field.form.dataset.row || "" };
    window.htmx.ajax("POST", field.form.dataset.validates, { source: field, target: place(field), swap: "outerHTML", values }).then(() => mark(field));
  }
  function mark(field) {
    const wrong = place(field);
    if (!wrong || wrong.hidden) field.removeAttribute("aria-invalid");
    else field.setAttribute("aria-invalid", "true");
  }

  function judge(field) {
    const wrong = place(field);
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

  // --- what is not saved yet: fields that differ from what the row holds (form_base), else from what the server sent

  function base(form) {
    try {
      return JSON.parse(form.elements.form_base?.value || "{}");
    } catch {
      return {};
    }
  }
  function changed(field, was) {
    const known = field.name in was ? was[field.name] : undefined;
    if (field.type === "radio") return field.checked && (known === undefined ? !field.defaultChecked : known !== field.value);
    if (field.type === "checkbox")
      return field.checked !== (known === undefined ? field.defaultChecked : Array.isArray(known) ? known.includes(field.value) : Boolean(known));
    if (known !== undefined) return field.value !== known;
    if (field.tagName === "SELECT") return [...field.options].some((o) => o.selected !== o.defaultSelected);
    return field.value !== field.defaultValue;
  }
  function changes(form) {
    const was = base(form);
    const own = [...form.elements].filter((f) => f.name && f.type !== "hidden" && f.type !== "submit" && !f.name.startsWith("take-"));
    return new Set(own.filter((f) => changed(f, was)).map((f) => f.name + (f.type === "checkbox" ? f.value : "")));
  }
  function count(form) {
    const bar = form.querySelector("[data-savebar]");
    if (!bar) return;
    const number = changes(form).size;
    bar.hidden = number === 0 && !form.querySelector("[data-stale]");
    const words = bar.querySelector("[data-changes]");
    words.textContent = number === 1 ? words.dataset.one : words.dataset.many.replace("{n}", number);
  }
  const counted = () => document.querySelectorAll("form[data-counts]").forEach(count);
  document.addEventListener("input", (event) => event.target.form?.matches("[data-counts]") && count(event.target.form));
  document.addEventListener("change", (event) => event.target.form?.matches("[data-counts]") && count(event.target.form));
  document.addEventListener("reset", (event) => event.target.matches("[data-counts]") && setTimeout(() => count(event.target)));
  counted();

  // The other person's value, chosen beside one's own, stands in the field at once.
  document.addEventListener("change", (event) => {
    const choice = event.target.closest?.("[data-stale] input[type=radio]");
    if (!choice) return;
    const name = choice.name.slice(5);
    const theirs = base(choice.form)[name];
    for (const field of choice.form.elements) {
      if (field.name !== name) continue;
      const kept = (field.mine ??= { value: field.value, checked: field.checked });
      if (choice.value === "mine") [field.value, field.checked] = [kept.value, kept.checked];
      else if (field.type === "checkbox") field.checked = Array.isArray(theirs) ? theirs.includes(field.value) : Boolean(theirs);
      else if (field.type === "radio") field.checked = field.value === theirs;
      else field.value = theirs;
    }
    count(choice.form);
  });

  let leaving = false;
  const guarded = (root) => [...root.querySelectorAll("form[data-counts], form[data-guard]")].filter((form) => form.isConnected);
  const dirty = (root) => guarded(root).some((form) => changes(form).size > 0);
  addEventListener("beforeunload", (event) => {
    if (!leaving && dirty(document)) event.preventDefault();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-discard]") && (leaving = true));
  // A part of the page that is read anew must not take what is being typed with it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (target && !target.matches?.(".wrong") && target.querySelector && dirty(target)) event.detail.shouldSwap = false;
  });
  // For dialogs: whether anything typed in them would be lost.
  window.milhaUnsaved = (dialog) => [...dialog.querySelectorAll("form[method=post]")].some((form) => changes(form).size > 0);

  // --- one press, one act: buttons rest while the form is under way

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.closest("#sheet") || form.matches("[data-sheet]")) return;
    leaving = true;
    if (form.getAttribute("method") !== "post") return;
    if (form.dataset.underWay) return event.preventDefault();
    form.dataset.underWay = "1";
    setTimeout(() => {
      if (event.defaultPrevented) {
        // another listener sends it by itself, and the page stays
        leaving = false;
        return delete form.dataset.underWay;
      }
      form.querySelectorAll("button[type=submit], button:not([type])").forEach((one) => (one.disabled = true));
    });
  });
  addEventListener("pageshow", (event) => {
    leaving = false;
    for (const form of document.querySelectorAll("form[data-under-way]")) {
      delete form.dataset.underWay;
      if (event.persisted) form.querySelectorAll("button:disabled").forEach((one) => (one.disabled = false));
    }
  });

  document.querySelector("[data-focus]")?.focus();
})();
