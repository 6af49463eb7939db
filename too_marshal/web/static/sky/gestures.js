// Hands on the sky map: pointer, wheel, two fingers, keyboard.

const STEP = 40; // pixels a press of an arrow moves the sky
const SLIP = 4; // pixels that a click may wander without being a drag

export function attend(map) {
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
    map.point(event.target.closest(".tile"), point);
    if (!before) return;
    pointers.set(event.pointerId, point);
    drag(event, before, point);
  });
  const lift = (event) => { pointers.delete(event.pointerId); apart = 0; };
  svg.addEventListener("pointerup", lift);
  svg.addEventListener("pointercancel", lift);
  svg.addEventListener("pointerleave", () => map.point(null, null));
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    map.zoomBy(Math.exp(-event.deltaY * 0.0015));
  }, { passive: false });
  svg.addEventListener("click", (event) => {
    const tile = event.target.closest(".tile");
    if (tile && moved <= SLIP) map.choose(tile);
  });
  svg.addEventListener("keydown", (event) => key(map, event));
  svg.addEventListener("focusin", (event) => map.describe(event.target.closest(".tile")));
  svg.addEventListener("focusout", () => map.describe(null));
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
