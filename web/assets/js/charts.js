// uPlot drawn from data-chart (JSON made by ui.chart) in the colours of the tokens; drawn again when theme or size change.
//   { x: [...], time: true, labels: "hour" | "minute" | "weekday" | "day" | "number", names: [...] (what x = 0, 1, 2 ... are called),
//     series: [{ values: [...], colour: "chart-1", name: "...", fill: true, dashed: true, bars: true, width: 2 }],
//     y: { min, max, unit: " GB", digits: 1, thousands: "mil", millions: "mi" }, stacked: true (bars of counts on each other, the first at the foot),
//     events: [{ at, words, state: "offline", side: "left" | "right" }], bands: [{ from, to, words, state: "offline" }] }
(() => {
  const root = document.documentElement;
  const lang = root.lang;
  const zone = document.body.dataset.zone || "UTC";
  const family = "'Atkinson Hyperlegible Next Variable', system-ui, sans-serif";
  const token = (element, name) => getComputedStyle(element).getPropertyValue("--" + name).trim();
  const alpha = (colour, part) => colour.replace(/\)$/, ` / ${part})`);
  const form = (options) => new Intl.DateTimeFormat(lang, { timeZone: zone, ...options });
  const parts = (options, t) => Object.fromEntries(form(options).formatToParts(t * 1000).map((p) => [p.type, p.value]));
  const labels = {
    hour: (t) => parts({ hour: "2-digit", hourCycle: "h23" }, t).hour + "h",
    minute: (t) => ((p) => `${p.hour}h${p.minute}`)(parts({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, t)),
    weekday: (t) => form({ weekday: "short" }).format(t * 1000).replace(".", ""),
    day: (t) => form({ day: "2-digit", month: "2-digit" }).format(t * 1000),
    number: (n) => (n % 1 ? "" : String(n)),
  };
  const minus = (text) => text.replace(/^-/, "\u2212");

  function amount(y) {
    const digits = y.digits ?? 1;
    return (n) => {
      if (y.millions && Math.abs(n) >= 1e6) return minus((n / 1e6).toLocaleString(lang, { maximumFractionDigits: 2 })) + "\u00a0" + y.millions;
      if (y.thousands && Math.abs(n) >= 1000) return minus((n / 1000).toLocaleString(lang, { maximumFractionDigits: 1 })) + "\u00a0" + y.thousands;
      return minus(n.toLocaleString(lang, { maximumFractionDigits: digits })) + (y.unit ? y.unit.replace(" ", "\u00a0") : "");
    };
  }

  function draw(element) {
    const data = JSON.parse(element.dataset.chart);
    const colour = (name) => token(element, name);
    const y = data.y || {};
    const say = amount(y);
    const axis = (more) => ({
      stroke: colour("chart-axis"), font: `12px ${family}`, grid: { stroke: colour("chart-grid"), width: 1 }, ticks: { show: false }, gap: 6, ...more,
    });
    const heaps = data.stacked ? heap(data.series) : null;
    const shown = heaps ? data.series.map((s, n) => ({ ...s, values: heaps[n] })).reverse() : data.series;
    const series = shown.map((s) => {
      const ink = colour(s.colour || "chart-1");
      const bars = heaps ? { size: [0.84, 22] } : { size: [0.62, 18], radius: 0.18 };
      if (s.bars) return { label: s.name, fill: ink, stroke: "transparent", width: 0, paths: uPlot.paths.bars(bars), points: { show: false } };
      return { label: s.name, stroke: ink, width: s.width || (s.dashed ? 1.25 : 2), dash: s.dashed ? [4, 4] : undefined, fill: s.fill ? alpha(ink, 0.09) : undefined, points: { show: false }, spanGaps: false };
    });
    const widest = Math.max(...[y.min, y.max, ...shown.flatMap((s) => s.values)].filter((v) => v != null).map((v) => say(v).length), 2);
    element.replaceChildren();
    element.plot?.destroy();
    element.plot = new uPlot(
      {
        width: element.clientWidth, height: element.clientHeight, legend: { show: false }, padding: [8, data.names ? 32 : 12, 0, 0],
        cursor: { points: { size: 7, show: !heaps }, drag: { x: false, y: false } },
        tzDate: (t) => uPlot.tzDate(new Date(t * 1000), zone),
        scales: {
          x: { time: data.time !== false, ...(data.series.some((s) => s.bars) ? { range: (u, lo, hi) => [lo - (hi - lo) / data.x.length / 1.4, hi + (hi - lo) / data.x.length / 1.4] } : {}) },
          y: { range: (u, lo, hi) => [y.min ?? lo - (hi - lo || 1) * 0.08, y.max ?? hi + (hi - lo || 1) * 0.12] },
        },
        axes: [
          axis({ size: 28, space: 56, values: (u, v) => v.map(data.names ? (n) => data.names[n] ?? "" : labels[data.labels || (data.time === false ? "number" : "hour")]), ...(data.labels === "weekday" || data.labels === "day" ? { incrs: [86400, 172800, 604800], space: 36 } : {}), ...(data.names ? { incrs: [1, 2, 3, 6], space: 58 } : {}), ...(data.labels === "number" ? { incrs: [1, 5, 10, 50], space: 26 } : {}) }),
          axis({ size: Math.min(84, 14 + widest * 6.4), space: 30, values: (u, v) => v.map(say), ...(heaps ? { incrs: WHOLE } : {}) }),
        ],
        series: [{}, ...series],
        plugins: [...(data.bands || []).map((b) => band(b, colour)), ...(data.events || []).map((e) => mark(e, colour)), pointer(data, say)],
      },
      [data.x, ...shown.map((s) => s.values)],
      element,
    );
    element.dataset.drawn = "";
  }

  const WHOLE = [1, 2, 5].flatMap((n) => [...Array(9).keys()].map((power) => n * 10 ** power)).sort((a, b) => a - b);
  // each series on those before it
  const heap = (series) => {
    const sums = series[0].values.map(() => 0);
    return series.map((s) => s.values.map((v, n) => (sums[n] += v || 0)));
  };

  // a dashed vertical with words where something happened
  const mark = (event, colour) => ({
    hooks: {
      draw: [(u) => {
        const at = u.valToPos(event.at, "x", true), c = u.ctx, r = devicePixelRatio, state = event.state || "offline";
        c.save();
        c.strokeStyle = colour(state);
        c.lineWidth = r;
        c.setLineDash([3 * r, 3 * r]);
        c.beginPath();
        c.moveTo(at, u.bbox.top);
        c.lineTo(at, u.bbox.top + u.bbox.height);
        c.stroke();
        c.fillStyle = colour(state + "-ink");
        c.font = `600 ${12 * r}px ${family}`;
        c.textAlign = event.side === "right" ? "right" : "left";
        c.fillText(event.words, at + (event.side === "right" ? -6 : 6) * r, u.bbox.top + 12 * r);
        c.restore();
      }],
    },
  });

  // a limit as a tinted band with its value in words
  const band = (limit, colour) => ({
    hooks: {
      drawClear: [(u) => {
        const c = u.ctx, r = devicePixelRatio, state = limit.state || "offline";
        const top = limit.to == null ? u.bbox.top : u.valToPos(limit.to, "y", true);
        const foot = limit.from == null ? u.bbox.top + u.bbox.height : u.valToPos(limit.from, "y", true);
        c.save();
        c.fillStyle = alpha(colour(state), 0.08);
        c.fillRect(u.bbox.left, top, u.bbox.width, foot - top);
        c.fillStyle = colour(state + "-ink");
        c.font = `${11 * r}px ${family}`;
        c.fillText(limit.words, u.bbox.left + 6 * r, top + 14 * r);
        c.restore();
      }],
    },
  });

  // the values under the pointer, in words; the table behind "See the data" has them all
  const pointer = (data, say) => ({
    hooks: {
      init: [(u) => {
        u.tip = document.createElement("div");
        u.tip.className = "absolute z-10 pointer-events-none rounded-md bg-neutral text-neutral-content text-xs px-2 py-1 num whitespace-nowrap";
        u.tip.hidden = true;
        u.over.append(u.tip);
      }],
      setCursor: [(u) => {
        const { idx, left } = u.cursor;
        u.tip.hidden = idx == null || left < 0;
        if (u.tip.hidden) return;
        const at = data.names ? data.names[idx] : data.time === false ? data.x[idx] : form({ day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(data.x[idx] * 1000);
        const silent = (value) => value == null || (data.stacked && value === 0);
        const said = data.series.map((s) => (silent(s.values[idx]) ? "" : (s.name ? s.name + " " : "") + say(s.values[idx]))).filter(Boolean);
        u.tip.textContent = [at, ...said].join(" · ");
        const room = u.over.clientWidth - u.tip.offsetWidth;
        u.tip.style.left = Math.max(0, Math.min(room, left - u.tip.offsetWidth / 2)) + "px";
        u.tip.style.top = "4px";
      }],
    },
  });

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries)
      if (target.plot && (target.plot.width !== target.clientWidth || target.plot.height !== target.clientHeight))
        target.plot.setSize({ width: target.clientWidth, height: target.clientHeight });
  });
  const drawn = new Set();
  function all(again) {
    for (const element of drawn) {
      if (element.isConnected) continue;
      element.plot?.destroy();
      sizes.unobserve(element);
      drawn.delete(element);
    }
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (!again && "drawn" in element.dataset) continue;
      draw(element);
      sizes.observe(element);
      drawn.add(element);
    }
  }
  document.fonts.ready.then(() => all(false));
  document.addEventListener("htmx:afterSettle", () => all(false));
  document.addEventListener("milha:fresh", () => all(false));
  document.addEventListener("milha:look", () => all(true));
})();
