// The frame of the sky map: graticule and its names, scale bar, compass, the digits of coordinates.

const RAD = Math.PI / 180;
const SVG = "http://www.w3.org/2000/svg";

// Lengths of the scale bar and steps of declination, and steps of right ascension in seconds of
// time: those that people read.
const ARCSEC = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000, 72000, 108000];
const SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];

export function element(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Executed tiles are hatched: in the red theme color tells little.
export function hatch() {
  const pattern = element("pattern", {
    id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
  });
  pattern.append(element("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 6 }));
  const defs = element("defs");
  defs.append(pattern);
  return defs;
}

export function compass() {
  return ["N", "E"].map((name) => Object.assign(document.createElement("span"), {
    className: `compass compass-${name.toLowerCase()}`, textContent: name, ariaHidden: "true",
  }));
}

const turned = (ra) => ((ra % 360) + 360) % 360;
const two = (n) => String(n).padStart(2, "0");

// "12:34" and so on of a number of units, with as many parts as the step of reading needs.
function parts(units, perUnit, digits) {
  const whole = Math.floor(units / perUnit / 3600);
  const minutes = Math.floor(units / perUnit / 60) % 60;
  const seconds = (units / perUnit) % 60;
  if (digits < 0) return `${two(whole)}:${two(minutes)}`;
  return `${two(whole)}:${two(minutes)}:${seconds.toFixed(digits).padStart(digits ? digits + 3 : 2, "0")}`;
}

// Both forms of a position, rounded to what one pixel tells (arcsec).
export function coordinates(ra, dec, pixel) {
  const digits = pixel > 40 ? -1 : Math.max(0, Math.min(3, Math.ceil(-Math.log10(pixel))));
  const per = 10 ** Math.max(0, digits);
  const grain = digits < 0 ? 60 : 1;
  const raPer = per * (digits < 0 ? 1 : 10);
  const raUnits = (Math.round(turned(ra) / 15 * 3600 * raPer / grain) * grain) % (86400 * raPer);
  const decUnits = Math.round(Math.abs(dec) * 3600 * per / grain) * grain;
  const degrees = Math.max(2, Math.min(6, Math.ceil(-Math.log10(pixel / 3600))));
  return {
    sexagesimal: `${parts(raUnits, raPer, digits < 0 ? -1 : digits + 1)} ${dec < 0 ? "-" : "+"}${parts(decUnits, per, digits)}`,
    degrees: `${(turned(ra).toFixed(degrees) % 360).toFixed(degrees)}°, ${dec.toFixed(degrees)}°`,
  };
}

export function angle(arcsec) {
  if (arcsec >= 3600) return `${arcsec / 3600}°`;
  return arcsec >= 60 ? `${arcsec / 60} arcmin` : `${arcsec} arcsec`;
}

// The longest readable length below `room` pixels, at the center of the view.
export function barOf(pixel, room) {
  const length = ARCSEC.findLast((value) => value / pixel <= room) ?? ARCSEC[0];
  return { text: angle(length), width: length / pixel };
}

function hours(seconds, step) {
  const text = `${Math.floor(seconds / 3600)}h`;
  if (step >= 3600) return text;
  const minutes = `${text}${two(Math.floor(seconds / 60) % 60)}m`;
  if (step >= 60) return minutes;
  return `${minutes}${(seconds % 60).toFixed(step < 1 ? 1 : 0).padStart(step < 1 ? 4 : 2, "0")}s`;
}

function degrees(arcsec, step) {
  const size = Math.abs(arcsec);
  const text = `${arcsec < 0 ? "−" : "+"}${Math.floor(size / 3600)}°`;
  if (step >= 3600) return text;
  const minutes = `${text}${two(Math.floor(size / 60) % 60)}′`;
  return step >= 60 ? minutes : `${minutes}${two(size % 60)}″`;
}

const lowest = (steps, wanted) => steps.find((value) => value >= wanted) ?? steps.at(-1);
const range = (from, to, step) => {
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
};

// Lines of right ascension and declination around a view `width` degrees wide.
export function graticule([ra, dec], width) {
  const wide = width > 60;
  const decStep = wide ? 36000 : Math.min(36000, lowest(ARCSEC, width * 3600 / 5));
  const cos = Math.max(0.02, Math.cos(dec * RAD));
  const raStep = wide ? 3600 : lowest(SECONDS, width * 240 / 5 / cos);
  const low = wide ? -80 : Math.max(-90 + decStep / 3600, dec - width);
  const high = wide ? 80 : Math.min(90 - decStep / 3600, dec + width);
  const reach = wide ? 180 : Math.min(180, 1.2 * width / cos);
  const meridians = range((ra - reach) * 240, (ra + reach) * 240 - (reach === 180 ? 1 : 0), raStep);
  const parallels = range(low * 3600, high * 3600, decStep);
  const along = (from, to, n) => Array.from({ length: n + 1 }, (_, i) => from + (to - from) * i / n);
  const lines = [
    ...meridians.map((at) => along(low, high, 32).map((y) => [at / 240, y])),
    ...parallels.map((at) => along(ra - reach, ra + reach, reach === 180 ? 120 : 40).map((x) => [x, at / 3600])),
  ];
  // Hours along the parallel, degrees along the meridian, that are nearest to the center.
  const row = Math.max(-70, Math.min(70, Math.round(dec * 3600 / decStep) * decStep / 3600));
  const column = Math.round(ra * 240 / raStep) * raStep / 240;
  const marks = [
    // Where both would stand on one another the hours give way.
    ...meridians.filter((at) => wide || Math.abs(at / 240 - column) > 1e-9).map((at) => ({ position: [at / 240, wide ? row : Math.round(dec * 3600 / decStep) * decStep / 3600], text: hours(Math.round(((at % 86400) + 86400) * 10) / 10 % 86400, raStep), rough: at % 10800 })),
    ...parallels.filter(Boolean).map((at) => ({ position: [column, at / 3600], text: degrees(Math.round(at), decStep), rough: at % 108000 })),
  ];
  return { shape: { type: "MultiLineString", coordinates: lines }, marks };
}

// Names of lines, in text elements that are used again.
export function placeLabels(group, marks, { projection, center, limit, sparse }) {
  const near = marks.filter((mark) => d3.geoDistance(mark.position, center) < limit && !(sparse && mark.rough));
  while (group.children.length < near.length) {
    group.append(element("text", { "aria-hidden": "true" }));
  }
  [...group.children].forEach((element, index) => {
    const at = index < near.length ? projection(near[index].position) : null;
    element.setAttribute("display", at ? "inline" : "none");
    if (!at) return;
    element.textContent = near[index].text;
    element.setAttribute("x", (at[0] + 3).toFixed(1));
    element.setAttribute("y", (at[1] - 3).toFixed(1));
  });
}
