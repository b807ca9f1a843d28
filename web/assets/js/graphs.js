// Graphs of samples: data-graph (JSON of web/console/graph_words.py) is asked for at its own width, drawn by uPlot, asked for again
// more finely where it is zoomed, and follows the stream while its end is now. Drag zooms, a double click or 0 returns; + and - zoom,
// the arrow keys read value by value, with Shift they move in time.
(() => {
  const root = document.documentElement;
  const lang = root.lang;
  const zone = () => document.body.dataset.zone || "UTC";
  const family = "'Atkinson Hyperlegible Next Variable', system-ui, sans-serif";
  const SHORTEST = 120, LIVE_AT_MOST = 21600, NOW = 90; // seconds
  const COLOURS = 6;
  const form = (options) => new Intl.DateTimeFormat(lang, { timeZone: zone(), ...options });
  const whole = form({ day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const clock = form({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const second = form({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const day = form({ day: "2-digit", month: "2-digit" });
  const month = form({ month: "short", year: "2-digit" });
  const now = () => Math.floor(Date.now() / 1000);
  const minus = (text) => text.replace(/^-/, "\u2212");
  const plain = (n, digits) => minus(n.toLocaleString(lang, { maximumFractionDigits: digits }));

  const PREFIXED = { bps: "bps", pps: "pps", "/s": "/s", B: "B", "": "", records: "" };
  const UP = ["", "k", "M", "G", "T", "P"];
  function say(value, unit, digits) {
    if (value == null) return "\u2013";
    if (unit === "s") return length(value);
    if (!(unit in PREFIXED)) return plain(value, digits) + "\u00a0" + unit;
    let power = 0;
    while (Math.abs(value) >= 1000 && power < UP.length - 1) [value, power] = [value / 1000, power + 1];
    const tail = UP[power] + PREFIXED[unit];
    return plain(value, power ? (Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0) : digits) + (tail ? "\u00a0" + tail : "");
  }
  const length = (s) => (s >= 172800 ? plain(s / 86400, 0) + "\u00a0d" : s >= 7200 ? plain(s / 3600, 1) + "\u00a0h" : plain(s / 60, 0) + "\u00a0min");
  // what an area means: bits a second become octets, anything a second a count
  function total(line) {
    if (!line.adds || line.stats.total == null) return "\u2013";
    if (line.unit === "bps") return say(line.stats.total / 8, "B", 0);
    return line.unit === "pps" || line.unit === "/s" ? say(line.stats.total, "", 0) : "\u2013";
  }

  class Graph {
    constructor(element) {
      this.element = element;
      this.given = JSON.parse(element.dataset.graph);
      this.words = this.given.words;
      this.place = element.querySelector("[data-graph-plot]");
      this.said = element.querySelector("[data-graph-said]");
      this.rows = element.querySelector("[data-graph-lines]");
      this.hidden = new Set();
      this.shift = (this.given.compares.find((one) => one.key === this.given.compare) || { seconds: 0 }).seconds;
      this.listen();
      this.look(this.given.seconds, this.given.first.end);
    }

    // ---- time
    look(seconds, end = now()) {
      [this.start, this.end] = [end - seconds, end];
      this.home = [this.start, this.end];
      return this.read();
    }
    go(start, end) {
      const span = Math.max(SHORTEST, end - start), last = Math.min(end, Math.max(now(), this.home[1]));
      [this.start, this.end] = [Math.floor(last - span), Math.ceil(last)];
      return this.read();
    }
    zoom(factor) {
      const middle = (this.start + this.end) / 2, half = ((this.end - this.start) * factor) / 2;
      return this.go(middle - half, middle + half);
    }
    pan(part) {
      const by = (this.end - this.start) * part;
      return this.go(this.start + by, this.end + by);
    }
    acts = {
      in: () => this.zoom(0.5), out: () => this.zoom(2), earlier: () => this.pan(-0.5), later: () => this.pan(0.5),
      home: () => this.look(this.home[1] - this.home[0], this.home[1]), png: () => this.picture(),
    };

    // ---- data
    async ask(back) {
      // the first one as the page's head asked for it already, while the scripts were read
      const width = Math.min(1600, Math.max(120, Math.round(this.place.clientWidth)));
      const points = this.data || back ? width : this.given.first.points;
      const more = `&start=${this.start - back}&end=${this.end - back}&points=${points}`;
      const answer = await fetch(this.given.data + more, { signal: this.asking.signal });
      if (!answer.ok) throw new Error(answer.status);
      return answer.json();
    }
    async read() {
      this.asking?.abort();
      const asking = (this.asking = new AbortController());
      delete this.element.dataset.drawn;
      this.mark();
      try {
        const [present, before] = await Promise.all([this.ask(0), this.shift ? this.ask(this.shift) : null]);
        if (asking.signal.aborted) return;
        [this.data, this.before] = [present, before];
        this.tell(this.data.lines.some((line) => line.stats.last != null) ? "" : this.words.empty);
        this.draw();
        this.list();
        this.follow();
      } catch (error) {
        if (!asking.signal.aborted) this.tell(this.words.failed);
      }
    }
    // the same moment of the earlier time, for each point of this one
    ghost(line) {
      const values = line.mean, times = this.before.times, far = Math.max(this.before.step, this.data.step);
      let at = 0;
      return this.data.times.map((t) => {
        while (at < times.length - 1 && Math.abs(times[at + 1] + this.shift - t) <= Math.abs(times[at] + this.shift - t)) at++;
        return times.length && Math.abs(times[at] + this.shift - t) <= far ? values[at] : null;
      });
    }

    // ---- the stream: the newest values, once a second, as long as the end is now
    follow() {
      const wanted = this.given.live && this.end > now() - NOW && this.end - this.start <= LIVE_AT_MOST && !document.hidden;
      if (!wanted) return this.quiet();
      if (this.source) return;
      this.source = new EventSource(this.given.live);
      this.source.addEventListener("samples", (event) => this.take(JSON.parse(event.data)));
    }
    quiet() {
      this.source?.close();
      this.source = null;
    }
    take(polls) {
      if (!this.element.isConnected) return this.quiet();
      const { times, lines, step } = this.data;
      for (const poll of polls) {
        const last = times.length - 1, same = last >= 0 && poll.at < times[last] + (this.data.source === "raw" ? 0.5 : step);
        if (!same && poll.at > (times[last] ?? 0)) times.push(poll.at);
        for (const line of lines) {
          const fresh = poll.values[line.key];
          for (const part of line.peak ? [line.mean, line.peak] : [line.mean]) {
            while (part.length < times.length) part.push(null);
            if (fresh != null && poll.at >= times[times.length - 1]) part[part.length - 1] = fresh;
          }
          if (fresh != null) line.stats.last = fresh;
        }
      }
      const span = this.end - this.start;
      [this.start, this.end] = [now() - span, now()];
      while (times.length && times[0] < this.start) {
        times.shift();
        for (const line of lines) [line.mean, line.peak].forEach((part) => part && part.length > times.length && part.shift());
      }
      if (this.before) this.draw();
      else this.plot.setData(this.values());
      this.list();
    }

    // ---- drawing
    colour = (name) => getComputedStyle(this.place).getPropertyValue("--" + name).trim();
    faint = (ink, part) => ink.replace(/\)$/, ` / ${part})`);
    ink = (place) => this.colour("chart-" + ((place % COLOURS) + 1));
    values() {
      const shown = [];
      for (const line of this.data.lines) {
        shown.push(line.mean);
        shown.push(line.peak || line.mean);
        if (this.before) shown.push(this.ghost(this.before.lines.find((one) => one.key === line.key)));
      }
      return [this.data.times, ...shown];
    }
    series() {
      const made = [{}], alone = this.data.lines.length === 1;
      this.data.lines.forEach((line, place) => {
        const ink = this.ink(place), show = !this.hidden.has(line.key), common = { points: { show: false }, show, spanGaps: false };
        made.push({ ...common, label: line.key, stroke: ink, width: 1.75, fill: alone ? this.faint(ink, 0.09) : undefined });
        made.push({ ...common, label: line.key + " peak", stroke: this.faint(ink, line.peak ? 0.45 : 0), width: line.peak ? 1 : 0 });
        if (this.before) made.push({ ...common, label: line.key + " before", stroke: this.colour("chart-ghost"), width: 1.25, dash: [4, 4], spanGaps: true });
      });
      return made;
    }
    draw() {
      const unit = this.data.lines[0]?.unit ?? "", digits = this.data.lines[0]?.digits ?? 0;
      const axis = (more) => ({ stroke: this.colour("chart-axis"), font: `12px ${family}`, grid: { stroke: this.colour("chart-grid"), width: 1 }, ticks: { show: false }, gap: 6, ...more });
      const zero = ["bps", "pps", "/s", "%", "ms"].includes(unit);
      this.plot?.destroy();
      this.place.replaceChildren();
      this.plot = new uPlot(
        {
          width: this.place.clientWidth, height: this.place.clientHeight, legend: { show: false }, padding: [8, 12, 0, 0],
          cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
          tzDate: (t) => uPlot.tzDate(new Date(t * 1000), zone()),
          scales: {
            x: { time: true, range: () => [this.start, this.end] },
            y: { range: (u, lo, hi) => (lo == null ? [0, 1] : [zero && lo >= 0 ? 0 : lo - (hi - lo || 1) * 0.08, hi + (hi - lo || Math.abs(hi) || 1) * 0.12]) },
          },
          axes: [
            axis({ size: 28, space: 64, values: (u, splits, place, space, step) => splits.map((t) => (step >= 2419200 ? month : step >= 86400 ? day : step >= 60 ? clock : second).format(t * 1000)) }),
            axis({ size: 76, space: 32, values: (u, splits) => splits.map((v) => say(v, unit, digits)) }),
          ],
          series: this.series(),
          hooks: {
            setSelect: [(u) => u.select.width > 4 && this.go(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"))],
            setCursor: [(u) => this.point(u.cursor.idx)],
            draw: [(u) => this.percentile(u, unit, digits)],
            ready: [(u) => u.over.addEventListener("dblclick", () => this.acts.home())],
          },
        },
        this.values(),
        this.place,
      );
      this.element.dataset.drawn = this.data.source;
      this.element.dispatchEvent(new CustomEvent("milha:drawn", { bubbles: true }));
    }
    // the line transit is billed by: the larger of the percentiles that are shown
    percentile(u, unit, digits) {
      const known = this.data.lines.filter((line) => line.adds && !this.hidden.has(line.key) && line.stats.p95 != null).map((line) => line.stats.p95);
      if (!known.length) return;
      const c = u.ctx, r = devicePixelRatio, at = u.valToPos(Math.max(...known), "y", true);
      if (at < u.bbox.top || at > u.bbox.top + u.bbox.height) return;
      c.save();
      c.strokeStyle = c.fillStyle = this.colour("chart-axis");
      c.lineWidth = r;
      c.setLineDash([6 * r, 4 * r]);
      c.beginPath();
      c.moveTo(u.bbox.left, at);
      c.lineTo(u.bbox.left + u.bbox.width, at);
      c.stroke();
      c.font = `600 ${11 * r}px ${family}`;
      [c.textAlign, c.textBaseline] = ["left", "alphabetic"];
      c.fillText(`${this.words.p95} ${say(Math.max(...known), unit, digits)}`, u.bbox.left + 6 * r, at - 5 * r);
      c.restore();
    }
    picture() {
      const canvas = document.createElement("canvas"), from = this.plot.ctx.canvas, r = devicePixelRatio, c = canvas.getContext("2d");
      [canvas.width, canvas.height] = [from.width, from.height + 28 * r];
      c.fillStyle = getComputedStyle(this.element.closest(".card-m") || document.body).backgroundColor;
      c.fillRect(0, 0, canvas.width, canvas.height);
      c.fillStyle = getComputedStyle(this.element).color;
      c.font = `600 ${13 * r}px ${family}`;
      c.fillText(`${this.given.title} \u00b7 ${this.given.subtitle} \u00b7 ${whole.format(this.start * 1000)} \u2013 ${whole.format(this.end * 1000)}`, 12 * r, 18 * r);
      c.drawImage(from, 0, 28 * r);
      canvas.toBlob((blob) => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = this.given.title.replace(/[^\p{L}\p{N}.-]+/gu, "_") + ".png";
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      });
    }

    // ---- words
    tell(text) {
      this.said.textContent = text;
    }
    point(idx) {
      if (idx == null || this.data.times[idx] == null) return this.tell("");
      const parts = this.data.lines.filter((line) => !this.hidden.has(line.key)).map((line) => {
        const peak = line.peak && line.peak[idx] !== line.mean[idx] ? ` (${this.words.peak} ${say(line.peak[idx], line.unit, line.digits)})` : "";
        return `${this.name(line)} ${say(line.mean[idx], line.unit, line.digits)}${peak}`;
      });
      this.tell([whole.format(this.data.times[idx] * 1000), ...parts].join(" \u00b7 "));
    }
    name(line) {
      const several = new Set(this.data.lines.map((one) => one.object)).size > 1;
      return several ? `${line.object} ${line.metric}` : line.metric;
    }
    list() {
      const low = this.data.lines.every((line) => line.low);
      this.element.querySelector("[data-graph-worst]").textContent = low ? this.words.lowest : this.words.highest;
      this.rows.replaceChildren(...this.data.lines.map((line, place) => this.row(line, place)));
    }
    row(line, place) {
      const row = document.createElement("tr"), head = document.createElement("td"), button = document.createElement("button"), mark = document.createElement("i");
      mark.className = `inline-block w-3.5 h-0.5 mr-2 align-middle bg-chart-${(place % COLOURS) + 1}`;
      button.type = "button";
      button.className = "text-left min-h-6 aria-[pressed=false]:opacity-50";
      button.setAttribute("aria-pressed", String(!this.hidden.has(line.key)));
      button.dataset.graphLine = line.key;
      button.append(mark, this.name(line));
      head.setAttribute("role", "rowheader");
      head.append(button);
      row.append(head);
      const { last, mean, worst, p95 } = line.stats, said = (value) => say(value, line.unit, line.digits);
      [said(last), said(mean), said(worst), said(p95), total(line)].forEach((text, column) => {
        const cell = document.createElement("td");
        cell.className = column > 2 ? "r max-sm:hidden" : "r";
        cell.textContent = text;
        row.append(cell);
      });
      return row;
    }
    mark() {
      const span = this.end - this.start, ends = Math.abs(this.end - now()) < NOW;
      for (const button of this.element.querySelectorAll("[data-range]")) button.setAttribute("aria-pressed", String(ends && Number(button.dataset.range) === span));
      for (const button of this.element.querySelectorAll("[data-compare]")) button.setAttribute("aria-pressed", String(Number(button.dataset.compare) === this.shift));
      const link = this.element.querySelector("[data-graph-csv]");
      if (link) link.href = `${this.given.csv}&start=${this.start}&end=${this.end}`;
    }

    // ---- hands and keys
    listen() {
      this.element.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (!button) return;
        const { range, compare, graphAct, graphLine } = button.dataset;
        if (range) this.look(Number(range));
        else if (compare) [this.shift] = [Number(compare), this.quiet()], this.read();
        else if (graphAct) this.acts[graphAct]();
        else if (graphLine) this.toggle(graphLine);
      });
      this.place.addEventListener("keydown", (event) => {
        const reads = { ArrowLeft: -1, ArrowRight: 1 }[event.key], does = { "+": "in", "=": "in", "-": "out", 0: "home", Home: "home" }[event.key];
        if (event.ctrlKey || event.metaKey || event.altKey || (!reads && !does)) return;
        event.preventDefault();
        event.stopPropagation();
        if (does) this.acts[does]();
        else if (event.shiftKey) this.pan(reads / 4);
        else this.step(reads);
      });
    }
    toggle(key) {
      if (!this.hidden.delete(key)) this.hidden.add(key);
      this.draw();
      this.list();
      this.rows.querySelector(`[data-graph-line="${CSS.escape(key)}"]`)?.focus();
    }
    step(by) {
      const { times } = this.data, first = times.findIndex((t) => t >= this.start), last = times.findLastIndex((t) => t <= this.end);
      if (first < 0 || last < first) return;
      const idx = Math.min(last, Math.max(first, (this.plot.cursor.idx ?? (by > 0 ? first - 1 : last + 1)) + by));
      this.plot.setCursor({ left: this.plot.valToPos(times[idx], "x"), top: this.plot.over.clientHeight / 2 });
    }
    fit() {
      const { clientWidth: width, clientHeight: height } = this.place;
      if (this.plot && width && (this.plot.width !== width || this.plot.height !== height)) this.plot.setSize({ width, height });
    }
    leave() {
      this.quiet();
      this.asking?.abort();
      this.plot?.destroy();
    }
  }

  const graphs = new Map();
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => graphs.get(target.closest("[data-graph]"))?.fit()));
  function all() {
    for (const [element, graph] of graphs) {
      if (element.isConnected) continue;
      graph.leave();
      sizes.unobserve(graph.place);
      graphs.delete(element);
    }
    for (const element of document.querySelectorAll("[data-graph]")) {
      if (graphs.has(element)) continue;
      const graph = new Graph(element);
      graphs.set(element, graph);
      sizes.observe(graph.place);
    }
  }
  all();
  for (const name of ["htmx:afterSettle", "milha:fresh"]) document.addEventListener(name, all);
  document.addEventListener("milha:look", () => graphs.forEach((graph) => graph.data && graph.draw()));
  document.addEventListener("visibilitychange", () => graphs.forEach((graph) => graph.data && graph.follow()));
})();
