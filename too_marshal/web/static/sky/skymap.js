// The sky map: probability on a canvas, contours and tiles in SVG, so that a tile is an element
// with a name. East is left: this is the sky from inside. Needs d3-array and d3-geo (window.d3).
import { footprint, mollweide } from "./geometry.js";
import { attend, Telling } from "./gestures.js";
import { barOf, compass, element, graticule, hatch, placeLabels } from "./frame.js";

const WIDEST = 0.9;
const ARCMIN = Math.PI / 180 / 60;
const WHOLE_SKY = 8; // how far the flat map of the whole sky goes

const PROJECTIONS = {
  globe: () => d3.geoOrthographic().clipAngle(90),
  allsky: () => d3.geoProjection(mollweide),
};

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
    for (const name of ["graticule", "reference", "difference", "reported", "executed", "versions", "contours", "plans", "galaxies", "objects", "labels"]) {
      this.layers[name] = this.svg.appendChild(element("g", { class: name }));
    }
    this.svg.prepend(hatch());
    const telling = new Telling(this);
    this.bar = Object.assign(document.createElement("div"), { className: "scale-bar" });
    host.replaceChildren(this.canvas, this.svg, telling.tip, telling.position, this.bar, ...compass());
    this.layers.graticule.append(this.path("sphere", { type: "Sphere" }), this.path("lines", null));
    this.setProjection("globe");
    attend(this, telling);
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
      .map((feature) => this.#outline(feature, "")));
  }

  // The same of other versions of the map, each in a dash of its own.
  setVersions(versions) {
    this.layers.versions.replaceChildren(...versions.flatMap((features, index) => features
      .filter((feature) => [50, 90].includes(feature.properties.credible_level))
      .map((feature) => this.#outline(feature, ` version version-${index % 2}`))));
  }

  #outline(feature, more) {
    return this.path(`contour level-${feature.properties.credible_level}${more}`, {
      type: "MultiLineString", coordinates: feature.geometry.coordinates.flat(),
    });
  }

  // lines: [{className, shape, at, text, label}]; what has a text is written beside `at`.
  setReference(lines) {
    this.layers.reference.replaceChildren(...lines.flatMap(({ className, shape, at, text, label }) => {
      const path = this.path(`reference ${className}`, shape);
      if (label) { path.setAttribute("role", "img"); path.setAttribute("aria-label", label); }
      if (!text) return [path];
      const words = element("text", { "aria-hidden": "true" });
      words.textContent = text;
      words.__at = at;
      return [path, words];
    }));
    this.drawSoon();
  }

  // tiles: [{field, ra, dec, outline, className, label, tip}]; what has no outline is a point.
  setTiles(layer, tiles) {
    const paths = tiles.map((tile, index) => {
      const path = this.path(`tile ${tile.className}`, tile.outline
        ? footprint(tile.ra, tile.dec, tile.outline) : { type: "Point", coordinates: [tile.ra, tile.dec] });
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
    const sine = Math.sin(Math.min(Math.max(radius, 0.01), 90) * Math.PI / 180);
    this.zoom = this.mode === "globe" ? Math.max(1, 0.8 / sine) : 1;
    this.zoomBy(1);
  }

  goHome() {
    if (this.home) this.goTo(...this.home);
  }

  zoomBy(factor) {
    const closest = this.mode === "globe" ? this.width / this.#base() / ARCMIN : WHOLE_SKY;
    this.zoom = Math.min(closest || Infinity, Math.max(WIDEST, this.zoom * factor));
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
    const path = d3.geoPath(this.projection).pointRadius(6);
    const marks = this.#setGraticule();
    for (const item of this.svg.querySelectorAll("path")) {
      const line = item.__shape && path(item.__shape);
      // A point may have a sign of its own, as large at every scale.
      if (item.__shape) item.setAttribute("d", (line && item.__tile?.sign?.(this.projection(item.__shape.coordinates))) || line || "");
    }
    for (const words of this.layers.reference.querySelectorAll("text")) {
      const at = this.#isHidden(words.__at) ? null : this.projection(words.__at);
      words.setAttribute("display", at ? "inline" : "none");
      if (at) { words.setAttribute("x", at[0] + 9); words.setAttribute("y", at[1] + 4); }
    }
    placeLabels(this.layers.labels, marks, {
      projection: this.projection, center: this.center, sparse: this.zoom < 2, limit: this.mode === "globe" ? 1.4 : 4,
    });
    this.#drawProbability();
    this.host.dispatchEvent(new CustomEvent("skydrawn"));
  }

  #isHidden(position) {
    return this.mode === "globe" && d3.geoDistance(position, this.center) > Math.PI / 2;
  }

  // Tiles with their middle on the far side of the globe.
  tilesBehind(which = ".tile:not(.galaxy, .object)") {
    const tiles = [...this.svg.querySelectorAll(which)];
    return tiles.filter(({ __tile: tile }) => this.#isHidden([tile.ra, tile.dec])).length;
  }

  // Degrees that a pixel spans at the center of the view.
  get pixel() {
    return 180 / Math.PI / this.projection.scale();
  }

  path(className, shape) {
    const path = element("path", { class: className });
    path.__shape = shape;
    return path;
  }

  #setGraticule() {
    const { shape, marks } = graticule(this.center, Math.min(180, Math.max(this.width, this.height) * this.pixel));
    this.layers.graticule.lastChild.__shape = shape;
    const { text, width } = barOf(this.pixel * 3600, 120);
    // On the flat map of the whole sky no length is true everywhere.
    this.bar.hidden = this.mode !== "globe";
    this.bar.textContent = text;
    this.bar.style.setProperty("width", `${width.toFixed(1)}px`);
    return marks;
  }

  #turn() {
    const isGlobe = this.mode === "globe";
    this.projection.rotate([-this.center[0], isGlobe ? -this.center[1] : 0]);
    if (!this.width) return;
    // The flat map keeps its equator level; closer in, it is shifted instead.
    const up = isGlobe || this.zoom <= 1 ? 0
      : (1 - 1 / this.zoom) * this.projection.scale() * mollweide(0, this.center[1] * Math.PI / 180)[1];
    this.projection.translate([this.width / 2, this.height / 2 + up]);
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    const ratio = devicePixelRatio || 1;
    Object.assign(this, { width, height, ratio });
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.projection.scale(this.#base() * this.zoom)
      // Paths far beyond the view would have coordinates that no renderer keeps exact.
      .clipExtent([[-4 * width, -4 * height], [5 * width, 5 * height]]);
    this.#turn();
    this.draw();
  }

  #base() {
    const { clientWidth: width, clientHeight: height } = this.host;
    return this.mode === "globe" ? Math.min(width, height) / 2 - 6 : Math.min(width / 5.8, height / 2.95);
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

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  pan(dx, dy) {
    const degrees = this.pixel;
    const dec = this.mode === "globe" || this.zoom > 1 ? this.center[1] + dy * degrees : this.center[1];
    this.center = [this.center[0] + dx * degrees / Math.max(0.2, Math.cos(this.center[1] * Math.PI / 180)), Math.max(-90, Math.min(90, dec))];
    this.#turn();
    this.drawSoon();
  }

  choose(tile) {
    const field = tile.classList.contains("selected") ? null : tile.__tile.field;
    this.select(field);
    this.host.dispatchEvent(new CustomEvent("tileselect", { bubbles: true, detail: { field } }));
  }
}
