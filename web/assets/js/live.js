// What moves by itself: the clock, relative times, the event stream's state, the feed that can be held.
(() => {
  const root = document.documentElement;
  const body = document.body;
  const zone = body.dataset.zone;
  const drift = body.dataset.now ? Date.parse(body.dataset.now) - Date.now() : 0;
  const portuguese = root.lang === "pt-BR";
  let clockForm;
  try {
    clockForm = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone || "UTC" });
  } catch {
    clockForm = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" });
  }

  setInterval(() => {
    const text = clockForm.format(Date.now() + drift);
    for (const clock of document.querySelectorAll("[data-clock]")) clock.textContent = text;
  }, 1000);

  const largest = (seconds) =>
    seconds >= 3600 ? Math.floor(seconds / 3600) + "\u00a0h" : seconds >= 60 ? Math.floor(seconds / 60) + "\u00a0min" : Math.floor(seconds) + "\u00a0s";
  function words(time) {
    const seconds = (Date.now() + drift - Date.parse(time.dateTime)) / 1000;
    if (Math.abs(seconds) >= 172800) return null; // from 48 h on the server wrote the day
    const past = time.dataset.relative === "ago";
    if (past ? seconds < 1 && seconds > -1 : seconds > -1) return portuguese ? "agora" : "now";
    if (seconds < 0) return (portuguese ? "em\u00a0" : "in\u00a0") + largest(-seconds);
    return portuguese ? "há\u00a0" + largest(seconds) : largest(seconds) + "\u00a0ago";
  }
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const said = words(time);
      if (said && said !== time.textContent) time.textContent = said;
    }
  }, 5000);

  document.addEventListener("htmx:sseOpen", () => (root.dataset.liveState = "on"));
  document.addEventListener("htmx:sseError", () => (root.dataset.liveState = "away"));
  document.addEventListener("htmx:sseClose", () => (root.dataset.liveState = "away"));

  // The feed: hovering or Pause holds new rows and counts them.
  const held = new WeakMap();
  const paused = (feed) => feed.matches(":hover") || feed.querySelector(".feed :focus-visible") || feed.querySelector("[data-pauses]").getAttribute("aria-pressed") === "true";
  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    const feed = event.target.closest?.("[data-feed]");
    if (!feed || !paused(feed)) return;
    event.preventDefault();
    held.set(feed, [...(held.get(feed) || []), event.detail.data].slice(-Number(feed.dataset.feed)));
    tell(feed);
  });
  document.addEventListener("htmx:sseMessage", (event) => {
    const feed = event.target.closest?.("[data-feed]");
    if (feed) settle(feed);
  });
  function settle(feed) {
    const list = feed.querySelector(".feed");
    list.firstElementChild?.classList.add("new");
    while (list.children.length > Number(feed.dataset.feed)) list.lastElementChild.remove();
  }
  function release(feed) {
    const list = feed.querySelector(".feed");
    for (const html of held.get(feed) || []) list.insertAdjacentHTML("afterbegin", html);
    window.htmx?.process(list);
    held.delete(feed);
    settle(feed);
    tell(feed);
  }
  function tell(feed) {
    const button = feed.querySelector("[data-pauses]");
    const count = (held.get(feed) || []).length;
    const label = button.querySelector("span");
    label.dataset.idle ||= label.textContent;
    label.textContent = count === 0 ? label.dataset.idle : count === 1 ? button.dataset.one : button.dataset.many.replace("{n}", count);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pauses]");
    if (!button) return;
    const feed = button.closest("[data-feed]");
    const now = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!now));
    if (now) release(feed);
  });
  document.addEventListener("pointerout", (event) => {
    const feed = event.target.closest?.("[data-feed]");
    if (feed && !feed.contains(event.relatedTarget) && held.has(feed) && !paused(feed)) release(feed);
  });
})();
