// Passkeys, the clock of six-digit codes, how strong a password is while it is typed, printing.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  // Options come as WebAuthn's JSON (Level 3 section 5.1.9 and 5.1.10); browsers want octets.
  function opened(options) {
    const named = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));
    return {
      ...options,
      challenge: bytes(options.challenge),
      ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
      ...(options.excludeCredentials && { excludeCredentials: named(options.excludeCredentials) }),
      ...(options.allowCredentials && { allowCredentials: named(options.allowCredentials) }),
    };
  }
  function closed(made) {
    const told = made.response;
    const response = { clientDataJSON: text(told.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (told[name]) response[name] = text(told[name]);
    if (told.getTransports) response.transports = told.getTransports();
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: made.getClientExtensionResults(), authenticatorAttachment: made.authenticatorAttachment });
  }

  const tell = (button, words) => {
    const place = button.closest("form").querySelector("[data-passkey-help]");
    if (place) place.textContent = words || "";
  };

  async function use(button) {
    const form = button.closest("form");
    const { passkey, passkeyMakes, passkeyOrigin, passkeyElsewhere, passkeyFailed, passkeyNever } = button.dataset;
    if (passkeyOrigin && passkeyOrigin !== location.origin) return tell(button, passkeyElsewhere);
    if (!window.PublicKeyCredential) return tell(button, passkeyNever);
    const headers = { Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token?.value || "" };
    button.disabled = true;
    try {
      const answer = await fetch(passkey, { method: "POST", credentials: "same-origin", headers });
      const told = await answer.json();
      if (told.prove) return location.assign(told.prove + "?next=" + encodeURIComponent(location.pathname));
      if (!answer.ok) throw new Error(told.title);
      const asked = { publicKey: opened(told) };
      const made = passkeyMakes === undefined ? await navigator.credentials.get(asked) : await navigator.credentials.create(asked);
      (form.elements.passkey || form.elements.proof_passkey).value = closed(made);
      form.noValidate = true;
      form.requestSubmit();
    } catch {
      tell(button, passkeyFailed);
    } finally {
      button.disabled = false;
    }
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-passkey]");
    if (button) use(button);
    if (event.target.closest("[data-prints]")) print();
  });

  // RFC 6238: a code every 30 seconds of the clock.
  const clock = document.querySelector("[data-code-clock]");
  if (clock) {
    const words = clock.querySelector("span");
    const ring = clock.querySelector("[data-ring]");
    const tick = () => {
      const left = 30 - (Math.floor(Date.now() / 1000) % 30);
      words.textContent = clock.dataset.words.replace("{s}", left);
      ring.setAttribute("stroke-dasharray", `${((37.7 * left) / 30).toFixed(1)} 38`);
    };
    tick();
    setInterval(tick, 1000);
  }

  let waits;
  document.addEventListener("input", (event) => {
    const box = event.target.closest("[data-strength]");
    if (!box) return;
    clearTimeout(waits);
    waits = setTimeout(() => judge(box, event.target.value), 250);
  });
  async function judge(box, password) {
    const bars = box.querySelector("[data-bars]");
    const place = box.querySelector("[data-told]");
    bars.hidden = !password;
    if (!password) return (place.textContent = "");
    try {
      const body = new URLSearchParams({ password, known: box.dataset.known });
      const answer = await fetch(box.dataset.strength, { method: "POST", credentials: "same-origin", body });
      if (!answer.ok) return;
      const { level, words } = await answer.json();
      place.textContent = words;
      [...bars.children].forEach((bar, index) => {
        bar.className = "h-1 rounded-full " + (index < Math.max(level, 1) ? ["bg-offline", "bg-degraded", "bg-online", "bg-online"][level] : "bg-rule-strong");
      });
    } catch {} // the network is away: the field says nothing, the answer to the form will
  }
})();
