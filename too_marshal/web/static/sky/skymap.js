// The sky map: probability on a canvas, contours and tiles in SVG, so that a tile is an element
// with a name. East is left: this is the sky from inside. Needs d3-array and d3-geo (window.d3).
import { footprint, mollweide, sexagesimal } from "./geometry.js";
import { attend } from "./gestures.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDEST = 0.9;
const CLOSEST = 60;

const PROJECTIONS = {
  globe: () => d3.geoOrthographic().clipAngle(90),
  allsky: () => d3.geoProjection(mollweide),
};

function element(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export class SkyMap {
  constructor(host) {
    this.host = host;
    this.filled = [];
    this.zoom = 1;
    this.center = [0, 0];
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.svg = element("svg", {
      role: "group", tabindex: 0,
      "aria-label": "Sky map, east left. Arrow keys move it, plus and minus zoom.",
    });
    this.layers = {};
    for (const name of ["graticule", "executed", "contours", "plans", "labels"]) {
      this.layers[name] = this.svg.appendChild(element("g", { class: name }));
    }
    this.#defineHatch();
    this.tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
    this.position = Object.assign(document.createElement("output"), { className: "position" });
    host.replaceChildren(this.canvas, this.svg, this.tip, this.position, ...this.#compass());
    this.#setGraticule();
    this.setProjection("globe");
    attend(this);
    new ResizeObserver(() => this.#resize()).observe(host);
    new MutationObserver(() => this.draw())
      .observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  }

  setProjection(name) {
    this.mode = name;
    this.projection = PROJECTIONS[name]().reflectX(true).precision(0.5);
    if (name === "allsky") this.zoom = 1;
    this.#turn();
    this.#resize();
  }

  // contours: GeoJSON features with `credible_level` in per cent.
  setContours(features) {
    const level = (feature) => feature.properties.credible_level;
    this.filled = [...features].sort((a, b) => level(b) - level(a));
    this.layers.contours.replaceChildren(...features
      .filter((feature) => [50, 90].includes(level(feature)))
      .map((feature) => this.#path(`contour level-${level(feature)}`, {
        type: "MultiLineString", coordinates: feature.geometry.coordinates.flat(),
      })));
  }

  // tiles: [{field, ra, dec, shape, className, label, tip}]; layer: plans or executed.
  setTiles(layer, tiles) {
    const paths = tiles.map((tile, index) => {
      const path = this.#path(`tile ${tile.className}`, footprint(tile.ra, tile.dec, tile.outline));
      path.__tile = tile;
      path.dataset.field = tile.field;
      path.setAttribute("role", "button");
      path.setAttribute("aria-pressed", "false");
      path.setAttribute("aria-label", tile.label);
      path.setAttribute("tabindex", index ? -1 : 0);
      return path;
    });
    this.layers[layer].replaceChildren(...paths);
  }

  goTo(center, radius) {
    this.center = center;
    this.home = [center, radius];
    const sine = Math.sin(Math.min(Math.max(radius, 6), 90) * Math.PI / 180);
    this.zoom = this.mode === "globe" ? Math.min(CLOSEST, Math.max(1, 0.8 / sine)) : 1;
    this.#turn();
    this.#resize();
  }

  goHome() {
    if (this.home) this.goTo(...this.home);
  }

  zoomBy(factor) {
    this.zoom = Math.min(CLOSEST, Math.max(WIDEST, this.zoom * factor));
    this.#resize();
  }

  // The smallest drawn credible level that holds a position; null outside all.
  levelAt(position) {
    let found = null;
    for (const feature of this.filled) {
      if (!d3.geoContains(feature, position)) break;
      found = feature.properties.credible_level;
    }
    return found;
  }

  select(field) {
    for (const path of this.svg.querySelectorAll(".tile")) {
      const isIt = field !== null && path.dataset.field === String(field);
      path.classList.toggle("selected", isIt);
      path.setAttribute("aria-pressed", String(isIt));
    }
  }

  draw() {
    if (!this.width) return;
    const path = d3.geoPath(this.projection);
    for (const item of this.svg.querySelectorAll("path")) {
      if (item.__shape) item.setAttribute("d", path(item.__shape) ?? "");
    }
    this.#placeLabels();
    this.#drawProbability();
  }

  #path(className, shape) {
    const path = element("path", { class: className });
    path.__shape = shape;
    return path;
  }

  // Executed tiles are hatched: in the red theme color tells little.
  #defineHatch() {
    const pattern = element("pattern", {
      id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
    });
    pattern.append(element("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 6 }));
    const defs = element("defs");
    defs.append(pattern);
    this.svg.prepend(defs);
  }

  #compass() {
    return ["N", "E"].map((name) => Object.assign(document.createElement("span"), {
      className: `compass compass-${name.toLowerCase()}`, textContent: name, ariaHidden: "true",
    }));
  }

  #setGraticule() {
    const meridian = (ra) => Array.from({ length: 33 }, (_, i) => [ra, -80 + 5 * i]);
    const parallel = (dec) => Array.from({ length: 121 }, (_, i) => [3 * i, dec]);
    const lines = [];
    for (let ra = 0; ra < 360; ra += 15) lines.push(meridian(ra));
    for (let dec = -80; dec <= 80; dec += 10) lines.push(parallel(dec));
    this.layers.graticule.replaceChildren(
      this.#path("sphere", { type: "Sphere" }),
      this.#path("lines", { type: "MultiLineString", coordinates: lines }),
    );
    this.marks = [];
    for (let ra = 0; ra < 360; ra += 15) this.marks.push({ ra, text: `${ra / 15}h` });
    for (let dec = -80; dec <= 80; dec += 10) if (dec) this.marks.push({ dec, text: `${dec > 0 ? "+" : "−"}${Math.abs(dec)}°` });
    this.layers.labels.replaceChildren(...this.marks.map((mark) => {
      mark.element = element("text", { "aria-hidden": "true" });
      mark.element.textContent = mark.text;
      return mark.element;
    }));
  }

  // Hours along the parallel, degrees along the meridian, nearest to the center of the view.
  #placeLabels() {
    const dec = Math.max(-70, Math.min(70, Math.round(this.center[1] / 10) * 10));
    const ra = Math.round(this.center[0] / 15) * 15;
    const sparse = this.zoom < 2;
    for (const mark of this.marks) {
      const isHour = mark.ra !== undefined;
      const position = isHour ? [mark.ra, dec] : [ra, mark.dec];
      const shown = d3.geoDistance(position, this.center) < (this.mode === "globe" ? 1.4 : 4)
        && !(sparse && (isHour ? mark.ra % 45 : mark.dec % 30));
      const at = shown ? this.projection(position) : null;
      mark.element.setAttribute("display", at ? "inline" : "none");
      if (at) {
        mark.element.setAttribute("x", (at[0] + 3).toFixed(1));
        mark.element.setAttribute("y", (at[1] - 3).toFixed(1));
      }
    }
  }

  #turn() {
    this.projection.rotate([-this.center[0], this.mode === "globe" ? -this.center[1] : 0]);
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    const ratio = devicePixelRatio || 1;
    Object.assign(this, { width, height, ratio });
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const base = this.mode === "globe" ? Math.min(width, height) / 2 - 6 : Math.min(width / 5.8, height / 2.95);
    this.projection.translate([width / 2, height / 2]).scale(base * this.zoom);
    this.draw();
  }

  #drawProbability() {
    const context = this.canvas.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.fillStyle = getComputedStyle(this.host).getPropertyValue("--heat");
    const path = d3.geoPath(this.projection, context);
    for (const feature of this.filled) {
      context.beginPath();
      path(feature);
      context.fill("evenodd");
    }
  }

  #drawSoon() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  pan(dx, dy) {
    const degrees = 180 / Math.PI / this.projection.scale();
    const dec = this.mode === "globe" ? this.center[1] + dy * degrees : this.center[1];
    this.center = [this.center[0] + dx * degrees / Math.max(0.2, Math.cos(this.center[1] * Math.PI / 180)), Math.max(-90, Math.min(90, dec))];
    this.#turn();
    this.#drawSoon();
  }

  choose(tile) {
    const field = tile.classList.contains("selected") ? null : tile.__tile.field;
    this.select(field);
    this.host.dispatchEvent(new CustomEvent("tileselect", { bubbles: true, detail: { field } }));
  }

  // What lies under a point of the map: the tile's words, and the position.
  point(tile, at) {
    if (tile && at) this.#showTip(tile, at);
    else this.tip.hidden = true;
    this.pointed = at;
    this.pointing ??= requestAnimationFrame(() => {
      this.pointing = null;
      this.#showPosition(this.pointed);
    });
  }

  describe(tile) {
    const at = tile && this.projection([tile.__tile.ra, tile.__tile.dec]);
    if (at) this.#showTip(tile, at);
    else this.tip.hidden = true;
  }

  #showTip(tile, point) {
    this.tip.textContent = tile.__tile.tip;
    this.tip.hidden = false;
    const left = Math.min(point[0] + 14, this.width - this.tip.offsetWidth - 4);
    this.tip.style.setProperty("left", `${Math.max(4, left)}px`);
    this.tip.style.setProperty("top", `${Math.min(point[1] + 14, this.height - this.tip.offsetHeight - 4)}px`);
  }

  #showPosition(point) {
    const sky = point && this.projection.invert(point);
    if (!sky || !sky.every(Number.isFinite)) { this.position.textContent = ""; return; }
    const ra = ((sky[0] % 360) + 360) % 360;
    const level = this.levelAt([ra, sky[1]]);
    const where = level === null ? (this.filled.length ? "outside 90 %" : "") : `within ${level} %`;
    this.position.textContent = `${sexagesimal(ra, sky[1])}  (${ra.toFixed(3)}°, ${sky[1].toFixed(3)}°)  ${where}`;
  }
}
