// Acts are pages of their own; here they open as a dialog over the page they belong to.
//   <a href="/console/..." data-sheet>          the page's form in the dialog
//   <form method="post" data-sheet>             its answer in the dialog (a preview of what an act would touch)
// A form inside the dialog that is refused comes back into it; one that is done says where to go.
(() => {
  const sheet = document.getElementById("sheet");
  if (!sheet) return;
  const headers = { "X-Milha-Block": "sheet", "HX-Request": "true" };
  let opener = null;

  async function ask(address, options) {
    const answer = await fetch(address, { credentials: "same-origin", headers, ...options });
    const away = answer.headers.get("HX-Redirect");
    if (away) return go(away);
    const html = await answer.text();
    if (answer.headers.get("HX-Retarget") === "#refused" && sheet.open) {
      const place = sheet.querySelector("#refused");
      place.innerHTML = html;
      place.focus();
    } else if (answer.ok || answer.status === 422) show(html);
    else location.assign(options?.method === "POST" ? location.href : address);
  }

  function go(address) {
    const here = location.pathname + location.search;
    if (address.split("#")[0] === here) {
      location.hash = address.split("#")[1] || "";
      location.reload();
    } else location.assign(address);
  }

  function show(html) {
    sheet.innerHTML = html;
    window.htmx?.process(sheet);
    document.dispatchEvent(new Event("milha:fresh")); // graphs in it are drawn
    const typed = sheet.querySelector("[data-must-be]");
    if (typed) typed.form.querySelector("[type=submit]").disabled = true;
    if (!sheet.open) sheet.showModal();
    const wrong = sheet.querySelector("[aria-invalid=true]");
    (wrong || sheet.querySelector("[autofocus]") || sheet.querySelector("input:not([type=hidden]), select, textarea"))?.focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-sheet]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      opener = link;
      ask(link.href);
    } else if (event.target.closest("#sheet a[data-back]")) {
      event.preventDefault();
      leave();
    } else if (event.target.closest("[data-unsaved-go]")) {
      document.getElementById("unsaved").close();
      sheet.close();
    } else if (event.target === sheet) {
      const box = sheet.getBoundingClientRect();
      if (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom) leave();
    }
  });

  // What was typed is not lost by a slip: Esc, the veil and "back" ask first.
  function leave() {
    const question = document.getElementById("unsaved");
    if (question && window.milhaUnsaved?.(sheet)) question.showModal();
    else sheet.close();
  }
  sheet.addEventListener("cancel", (event) => {
    if (event.target !== sheet) return;
    event.preventDefault();
    leave();
  });

  // Attributes are asked for by name: a field called "method" hides the form's own property.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post" || !(sheet.contains(form) || form.matches("[data-sheet]"))) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const button = event.submitter;
    if (button) button.disabled = true;
    ask(event.submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href, { method: "POST", body }).finally(() => {
      if (button) button.disabled = false;
    });
  });

  sheet.addEventListener("close", () => {
    sheet.replaceChildren();
    opener?.focus();
  });
})();
