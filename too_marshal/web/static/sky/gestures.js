// Hands on the sky map: pointer, wheel, two fingers, keyboard; and what it tells them.
import { coordinates } from "./frame.js";

const STEP = 40; // pixels a press of an arrow moves the sky
const SLIP = 4; // pixels that a click may wander without being a drag

// What is told under a pointer or of a tile with the focus: words beside it, and the position.
export class Telling {
  constructor(map) {
    this.map = map;
    this.tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
    this.position = Object.assign(document.createElement("output"), { className: "position" });
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
    const at = tile && this.map.projection([tile.__tile.ra, tile.__tile.dec]);
    if (at) this.#showTip(tile, at);
    else this.tip.hidden = true;
  }

  #showTip(tile, point) {
    this.tip.textContent = `${tile.__tile.tip}${this.map.note?.([tile.__tile.ra, tile.__tile.dec], tile.__tile) ?? ""}`;
    this.tip.hidden = false;
    const left = Math.min(point[0] + 14, this.map.width - this.tip.offsetWidth - 4);
    this.tip.style.setProperty("left", `${Math.max(4, left)}px`);
    this.tip.style.setProperty("top", `${Math.min(point[1] + 14, this.map.height - this.tip.offsetHeight - 4)}px`);
  }

  // Where a point of the map is; null beside the sky.
  #at(point) {
    const sky = point && this.map.projection.invert(point);
    return sky?.every(Number.isFinite) ? [((sky[0] % 360) + 360) % 360, sky[1]] : null;
  }

  // A click keeps its position, for whoever wants to copy it.
  keep(point) {
    const sky = this.#at(point);
    if (!sky) return;
    const detail = coordinates(...sky, this.map.pixel * 3600);
    this.map.host.dispatchEvent(new CustomEvent("skyposition", { detail }));
  }

  #showPosition(point) {
    const sky = this.#at(point);
    if (!sky) { this.position.textContent = ""; return; }
    const level = this.map.levelAt(sky);
    const where = level === null ? (this.map.filled.length ? "outside 90 %" : "") : `within ${level} %`;
    const { sexagesimal, degrees } = coordinates(...sky, this.map.pixel * 3600);
    this.position.textContent = `${sexagesimal}  (${degrees})  ${where}${this.map.note?.(sky) ?? ""}`;
  }
}

export function attend(map, telling) {
  const { svg } = map;
  const pointers = new Map();
  let moved = 0;
  let apart = 0;

  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  // Two fingers turn and zoom at once; one drags.
  const drag = (event, before, point) => {
    const [dx, dy] = [point[0] - before[0], point[1] - before[1]];
    moved += Math.hypot(dx, dy);
    if (pointers.size === 2) {
      const [a, b] = [...pointers.values()];
      const distance = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (apart) map.zoomBy(distance / apart);
      apart = distance;
      map.pan(dx / 2, dy / 2);
    } else if (moved > SLIP) {
      svg.setPointerCapture(event.pointerId);
      map.pan(dx, dy);
    }
  };

  svg.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, at(event));
    moved = 0;
    apart = 0;
  });
  svg.addEventListener("pointermove", (event) => {
    const point = at(event);
    const before = pointers.get(event.pointerId);
    telling.point(event.target.closest(".tile"), point);
    if (!before) return;
    pointers.set(event.pointerId, point);
    drag(event, before, point);
  });
  const lift = (event) => { pointers.delete(event.pointerId); apart = 0; };
  svg.addEventListener("pointerup", lift);
  svg.addEventListener("pointercancel", lift);
  svg.addEventListener("pointerleave", () => telling.point(null, null));
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    map.zoomBy(Math.exp(-event.deltaY * 0.0015));
  }, { passive: false });
  svg.addEventListener("click", (event) => {
    const tile = event.target.closest(".tile");
    if (moved > SLIP) return;
    telling.keep(at(event));
    if (tile) map.choose(tile);
  });
  svg.addEventListener("keydown", (event) => key(map, event));
  svg.addEventListener("focusin", (event) => telling.describe(event.target.closest(".tile")));
  svg.addEventListener("focusout", () => telling.describe(null));
}

const ARROWS = {
  ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP],
};

function key(map, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const tile = event.target.closest(".tile");
  if (event.key === "+" || event.key === "=") map.zoomBy(1.25);
  else if (event.key === "-") map.zoomBy(0.8);
  else if (event.key === "Home") map.goHome();
  else if (tile && (event.key === "Enter" || event.key === " ")) map.choose(tile);
  else if (tile && ARROWS[event.key]) step(tile, event.key);
  else if (ARROWS[event.key]) map.pan(...ARROWS[event.key]);
  else return;
  event.preventDefault();
}

// One stop for the tabulator a layer; arrows go from tile to tile.
function step(tile, name) {
  const isForward = name === "ArrowRight" || name === "ArrowDown";
  const next = isForward ? tile.nextElementSibling : tile.previousElementSibling;
  if (!next) return;
  tile.setAttribute("tabindex", -1);
  next.setAttribute("tabindex", 0);
  next.focus();
}
