// The network on a map (Leaflet): sites, links between them, and boxes from near; from data-map, JSON made by web/console/network_map.py.
//   { places: [{ name, second, href, kind, at: [north, east] }], lines: [{ ends: [at, at], medium, name, href }],
//     boxes: address of [[name, id, north e6, east e6, used, ports]], tiles: address or null, credit, focus: at or null }
(() => {
  const NEAR = 13;
  const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  function words(name, second) {
    const box = document.createElement("span");
    const title = document.createElement("b");
    title.textContent = name;
    box.append(title);
    if (second) box.append(document.createElement("br"), second);
    return box;
  }

  // Lines of degrees in place of tiles, so that the map needs nobody.
  function grid(map) {
    const layer = L.layerGroup().addTo(map);
    const draw = () => {
      layer.clearLayers();
      const bounds = map.getBounds();
      const wide = bounds.getEast() - bounds.getWest();
      const step = STEPS.find((one) => wide / one >= 5) || STEPS[STEPS.length - 1];
      const digits = Math.max(0, Math.ceil(-Math.log10(step)));
      const look = { color: token("rule"), weight: 1, interactive: false };
      const label = (at, text) => L.marker(at, { interactive: false, keyboard: false, icon: L.divIcon({ className: "map-degree", html: text, iconSize: [64, 14] }) });
      for (let east = Math.ceil(bounds.getWest() / step) * step; east < bounds.getEast(); east += step) {
        layer.addLayer(L.polyline([[bounds.getSouth(), east], [bounds.getNorth(), east]], look));
        layer.addLayer(label([map.containerPointToLatLng([0, map.getSize().y - 12]).lat, east], east.toFixed(digits) + "°"));
      }
      for (let north = Math.ceil(bounds.getSouth() / step) * step; north < bounds.getNorth(); north += step) {
        layer.addLayer(L.polyline([[north, bounds.getWest()], [north, bounds.getEast()]], look));
        layer.addLayer(label([north, map.containerPointToLatLng([36, 0]).lng], north.toFixed(digits) + "°"));
      }
    };
    map.on("moveend", draw);
    return draw;
  }

  function boxes(map, data, portWords) {
    const layer = L.layerGroup();
    let asked = false;
    const show = async () => {
      const near = map.getZoom() >= NEAR;
      if (!near) return layer.remove();
      layer.addTo(map);
      if (asked) return;
      asked = true;
      const answer = await fetch(data.boxes, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const canvas = L.canvas({ padding: 0.3 });
      for (const [name, id, north, east, used, ports] of await answer.json()) {
        const full = used >= ports;
        const look = { renderer: canvas, radius: 5, weight: 1.5, color: token(full ? "degraded" : "chart-1"), fillColor: token("color-base-100"), fillOpacity: 1 };
        L.circleMarker([north / 1e6, east / 1e6], look).bindTooltip(words(name, `${used}/${ports} ${portWords}`)).on("click", () => location.assign(`/console/boxes/${id}`)).addTo(layer);
      }
    };
    map.on("zoomend", show);
    show();
  }

  // Names stand right of their site, or wherever they cover no other name; the last resort is beneath.
  const SIDES = { right: [10, 0], left: [-10, 0], top: [0, -8], bottom: [0, 8] };
  function apart(map, labels) {
    const taken = [];
    for (const one of labels) {
      const place = map.latLngToContainerPoint(one.at);
      const { offsetWidth: wide, offsetHeight: high } = one.tooltip.getElement();
      const boxes = {
        right: [place.x + 10, place.y - high / 2],
        left: [place.x - 10 - wide, place.y - high / 2],
        top: [place.x - wide / 2, place.y - 14 - high],
        bottom: [place.x - wide / 2, place.y + 14],
      };
      const free = ([x, y]) => taken.every(([a, b, c, d]) => x > c || a > x + wide || y > d || b > y + high);
      const inside = ([x]) => x > 0 && x + wide < map.getSize().x;
      const side = Object.keys(boxes).find((name) => free(boxes[name]) && inside(boxes[name])) || Object.keys(boxes).find((name) => free(boxes[name])) || "bottom";
      taken.push([boxes[side][0], boxes[side][1], boxes[side][0] + wide, boxes[side][1] + high]);
      one.tooltip.options.direction = side;
      one.tooltip.options.offset = L.point(SIDES[side]);
      one.tooltip.update();
    }
  }

  function draw(element) {
    const data = JSON.parse(element.dataset.map);
    const map = L.map(element, { zoomControl: true, attributionControl: Boolean(data.tiles), preferCanvas: false, zoomSnap: 0.5, maxZoom: 19, minZoom: 3 });
    if (data.focus) map.setView(data.focus, 15);
    else map.fitBounds(L.latLngBounds(data.places.map((one) => one.at)).pad(0.25), { maxZoom: 14 });
    const degrees = data.tiles ? null : grid(map);
    if (data.tiles) {
      map.attributionControl.setPrefix(false);
      L.tileLayer(data.tiles, { attribution: data.credit, maxZoom: 19 }).addTo(map);
    }
    if (degrees) degrees();
    for (const line of data.lines) {
      const dash = { radio: "6 5", virtual: "2 4" }[line.medium];
      L.polyline(line.ends, { color: token("ink-2"), weight: 2.5, dashArray: dash }).bindTooltip(words(line.name, ""), { sticky: true }).on("click", () => location.assign(line.href)).addTo(map);
    }
    const labels = [];
    for (const place of data.places) {
      const look = { radius: place.kind === "core" ? 9 : 7, weight: 2, color: token("color-base-100"), fillColor: token("ink"), fillOpacity: 1 };
      const label = { permanent: true, direction: "right", offset: [10, 0], className: "map-name" };
      const marker = L.circleMarker(place.at, look).bindTooltip(words(place.name, place.second), label).on("click", () => location.assign(place.href)).addTo(map);
      labels.push({ at: place.at, tooltip: marker.getTooltip() });
    }
    apart(map, labels);
    map.on("zoomend", () => apart(map, labels));
    boxes(map, data, element.dataset.portWords || "");
  }

  document.querySelectorAll("[data-map]").forEach(draw);
})();
