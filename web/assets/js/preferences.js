// Theme, density, language and the width of the menu. The page's form keeps the choice on the server; this makes all but
// the language take effect at once.
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
    sidebar(value, button) {
      if (value === "wide") delete root.dataset.sidebar;
      else root.dataset.sidebar = value;
      button.setAttribute("aria-expanded", String(value === "wide"));
    },
  };

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!event.target.matches("[data-preferences]") || !button || !apply[button.name]) return;
    event.preventDefault();
    const body = new FormData(event.target, button);
    apply[button.name](button.value, button);
    if (button.name === "sidebar") button.value = button.value === "wide" ? "narrow" : "wide";
    else
      for (const other of button.form.querySelectorAll(`button[name="${button.name}"]`))
        other.setAttribute("aria-pressed", String(other === button));
    document.dispatchEvent(new CustomEvent("milha:look"));
    fetch(event.target.action, { method: "POST", body, credentials: "same-origin", redirect: "manual", keepalive: true });
  });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("milha:look")));
})();
