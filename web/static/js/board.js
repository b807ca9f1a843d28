// The board is arranged by its grips: dragged with a pointer, or lifted with Space or Enter and moved with the arrow keys
// (Space sets down, Esc puts back). The elements change places themselves; where one is set down, the order is kept.
(() => {
  const board = document.querySelector("[data-board]");
  const told = document.querySelector("[data-told]");
  if (!board) return;
  let lifted = null; // the part on its way
  let home = null; // what stood behind it
  const parts = () => [...board.querySelectorAll(":scope > [data-key]")];
  const say = (words, part) => {
    const place = parts().indexOf(part) + 1;
    const facts = { name: part.dataset.name, place, count: parts().length };
    told.textContent = words.replace(/%\((\w+)\)s/g, (_, name) => facts[name]);
  };

  function lift(part) {
    lifted = part;
    home = part.nextElementSibling;
    part.dataset.lifted = "";
    part.querySelector("[data-grip]").setAttribute("aria-pressed", "true");
  }

  function settle() {
    const part = lifted;
    lifted = null;
    delete part.dataset.lifted;
    part.querySelector("[data-grip]").setAttribute("aria-pressed", "false");
    return part;
  }

  function drop() {
    const moved = lifted.nextElementSibling !== home;
    const part = settle();
    say(board.dataset.kept, part);
    if (moved) keep();
  }

  function putBack() {
    board.insertBefore(lifted, home);
    const part = settle();
    say(board.dataset.back, part);
    part.querySelector("[data-grip]").focus();
  }

  async function keep() {
    const body = new URLSearchParams([["csrf_token", board.dataset.token], ...parts().map((part) => ["key", part.dataset.key])]);
    try {
      const answer = await fetch(board.dataset.order, { method: "POST", body, credentials: "same-origin", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      ends();
      board.dataset.saved = String(Number(board.dataset.saved || 0) + 1);
    } catch {
      told.textContent = board.dataset.failedWords;
      told.classList.remove("sr-only");
    }
  }

  // the first part has no "earlier", the last no "later"
  function ends() {
    parts().forEach((part, n, all) => {
      part.querySelector("[name=act][value=earlier]").disabled = n === 0;
      part.querySelector("[name=act][value=later]").disabled = n === all.length - 1;
    });
  }

  // ---- pointer
  board.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button !== 0) return;
    if (lifted) drop();
    lift(grip.closest("[data-key]"));
    lifted.dataset.pointer = event.pointerId;
    event.preventDefault();
    grip.focus();
  });
  addEventListener("pointermove", (event) => {
    if (!lifted || lifted.dataset.pointer !== String(event.pointerId)) return;
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-board] > [data-key]");
    if (!over || over === lifted) return;
    const all = parts();
    const later = all.indexOf(over) > all.indexOf(lifted);
    const box = over.getBoundingClientRect();
    // beyond its middle only: places of different sizes would trade back and forth
    const beside = lifted.getBoundingClientRect().top < box.bottom && lifted.getBoundingClientRect().bottom > box.top;
    const past = beside ? event.clientX > box.left + box.width / 2 : event.clientY > box.top + box.height / 2;
    if (later === past) board.insertBefore(lifted, later ? over.nextElementSibling : over);
  });
  const release = (event) => {
    if (!lifted || lifted.dataset.pointer !== String(event.pointerId)) return;
    delete lifted.dataset.pointer;
    event.type === "pointerup" ? drop() : putBack();
  };
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);

  // ---- keys
  const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
  board.addEventListener("keydown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip) return;
    const part = grip.closest("[data-key]");
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (lifted) return drop();
      lift(part);
      say(board.dataset.liftedWords, part);
    } else if (event.key === "Escape" && lifted) {
      event.preventDefault();
      putBack();
    } else if (event.key in STEPS && lifted === part) {
      event.preventDefault();
      const step = STEPS[event.key];
      const other = step < 0 ? part.previousElementSibling : part.nextElementSibling;
      if (!other) return;
      board.insertBefore(part, step < 0 ? other : other.nextElementSibling);
      grip.focus();
      part.scrollIntoView({ block: "nearest" });
      say(board.dataset.moved, part);
    }
  });
  // who leaves a lifted part by Tab has set it down
  board.addEventListener("focusout", (event) => {
    if (lifted && !lifted.dataset.pointer && event.relatedTarget && !lifted.contains(event.relatedTarget)) drop();
  });
})();
