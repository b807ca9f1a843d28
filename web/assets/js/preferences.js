// Theme, density and language. The page's form keeps the choice on the server; this makes theme and density take effect at once.
(() => {
  const root = document.documentElement;
  const apply = {
    theme(value) {
      if (value === "system") delete root.dataset.theme;
      else root.dataset.theme = "milha-" + value;
    },
    density(value) {
      root.dataset.density = value;
    },
  };

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!event.target.matches("[data-preferences]") || !button || !apply[button.name]) return;
    event.preventDefault();
    apply[button.name](button.value);
    for (const other of button.form.querySelectorAll(`button[name="${button.name}"]`))
      other.setAttribute("aria-pressed", String(other === button));
    document.dispatchEvent(new CustomEvent("milha:look"));
    fetch(event.target.action, { method: "POST", body: new FormData(event.target, button), credentials: "same-origin", redirect: "manual" });
  });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("milha:look")));
})();
