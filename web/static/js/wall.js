// The wall turns its views by itself, holds one on a key or a touch, and says at once and large when its line is dead.
(() => {
  const frame = document.querySelector("[data-wall]");
  if (!frame) return;
  const views = [...frame.querySelectorAll("[data-view]")];
  const held = frame.querySelector("[data-wall-held]"), stale = frame.querySelector("[data-wall-stale]"), pause = frame.querySelector("[data-wall-pause]");
  const TURN = 1000 * Number(frame.dataset.turn), STALE = 6000;
  const drift = Date.parse(document.body.dataset.now) - Date.now();
  const form = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: document.body.dataset.zone || "UTC", ...options });
  const clock = form({ hour: "2-digit", minute: "2-digit" }), exact = form({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  let at = 0, since = Date.now(), paused = false, heard = Date.parse(frame.dataset.at), alarm = frame.querySelector("[data-alarm]")?.dataset.alarm;

  function show(place) {
    at = (place + views.length) % views.length;
    since = Date.now();
    views.forEach((view, number) => (view.hidden = number !== at));
    frame.querySelector("[data-wall-title]").textContent = views[at].dataset.title;
    for (const dot of frame.querySelectorAll("[data-dot]")) dot.toggleAttribute("data-on", dot.dataset.dot === views[at].dataset.view);
  }
  function hold(wanted) {
    paused = wanted;
    held.hidden = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    since = Date.now();
  }
  // what nobody has taken stays twice as long
  const patience = () => (at === 0 && frame.querySelector("[data-alarm]") ? 2 * TURN : TURN);
  function tick() {
    const now = Date.now() + drift, old = now - heard;
    frame.querySelector("[data-wall-clock]").textContent = clock.format(now);
    stale.hidden = old < STALE;
    frame.toggleAttribute("data-dead", !stale.hidden);
    const seconds = Math.round(old / 1000);
    const ago = seconds < 120 ? seconds + "\u00a0s" : Math.round(seconds / 60) + "\u00a0min";
    if (!stale.hidden) stale.textContent = stale.dataset.words.replace("{at}", exact.format(heard)).replace("{ago}", ago);
    if (!paused && Date.now() - since > patience()) show(at + 1);
  }

  document.addEventListener("htmx:sseMessage", (event) => {
    if (event.detail.type !== "second") {
      const present = frame.querySelector("[data-alarm]")?.dataset.alarm;
      if (present && present !== alarm && !paused) show(0); // something new that nobody has taken
      alarm = present;
      return;
    }
    const told = JSON.parse(event.detail.data);
    if (told.at) heard = Date.parse(told.at);
    tick();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const does = { " ": () => hold(!paused), ArrowRight: () => show(at + 1), ArrowLeft: () => show(at - 1), f: full, Escape: () => (document.fullscreenElement ? null : location.assign("/console/")) }[event.key];
    if (!does || (event.key === " " && event.target.closest("button, a"))) return;
    event.preventDefault();
    does();
  });
  frame.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    if (event.target.closest("[data-wall-full]")) return full();
    hold(!paused);
  });
  function full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  }
  frame.dataset.ready = "";
  setInterval(tick, 500);
  tick();
})();
