// What scrolls and holds nothing to stand on is itself reached by the keyboard (WCAG 2.1.1), for as long as it scrolls.
(() => {
  const SCROLLERS = ".overflow-x-auto, .overflow-auto, .overflow-y-auto";
  const STANDS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";

  const look = (box) => {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls && !box.hasAttribute("tabindex") && !box.querySelector(STANDS)) {
      box.dataset.reached = "";
      box.tabIndex = 0;
      const caption = box.querySelector("caption");
      if (caption && !box.hasAttribute("role")) {
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", caption.textContent.trim());
      }
    } else if (!scrolls && "reached" in box.dataset) {
      delete box.dataset.reached;
      box.removeAttribute("tabindex");
    }
  };
  const sizes = new ResizeObserver((seen) => seen.forEach((one) => look(one.target)));
  const watch = (part) => part.querySelectorAll(SCROLLERS).forEach((box) => sizes.observe(box));

  document.addEventListener("htmx:load", (event) => watch(event.detail.elt.parentNode || document));
  watch(document);
})();
