// A sky image behind all layers, from tiles of HEALPix cells (HiPS), each drawn as a grid of small
// parallelograms. Nothing is asked for before somebody switches it on.

const RAD = Math.PI / 180;
const COARSEST = 3;
const CELL = 58.6; // side of a cell of order 0, degrees
const WANTED = 400; // pixels of the screen that a tile of 512 pixels spans, about
const SMALLEST = 100; // below, one small picture of the whole sky serves
const AT_ONCE = 3; // tiles that are asked for together: the server has a place or two more
const LATER = 10000; // what did not come is asked for again after so long, once the map is moved, ms
const MOST = 120; // tiles that are kept
const COLUMNS = 27; // of the picture of the whole sky, at order 3
const ROW = [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4];
const PHASE = [1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7];

// Right ascension and declination of a point of a base cell; x runs from its southern corner to the
// eastern, y to the western one, both to 1 (Gorski et al. 2005, ApJ 622, 759).
export function position(face, x, y) {
  const ring = ROW[face] - x - y;
  const width = Math.min(1, ring, 4 - ring);
  const z = ring < 1 ? 1 - ring * ring / 3 : ring > 3 ? (4 - ring) ** 2 / 3 - 1 : (2 - ring) * 2 / 3;
  const phase = width < 1e-12 ? 0 : PHASE[face] + (x - y) / width;
  return [((phase * 45) % 360 + 360) % 360, Math.asin(Math.max(-1, Math.min(1, z))) / RAD];
}

// Base cell and lower corner of a nested cell: even bits count along x, odd ones along y.
export function corner(order, cell) {
  const size = 2 ** order;
  const within = cell % (size * size);
  let [x, y] = [0, 0];
  for (let bit = 0; bit < order; bit += 1) {
    const two = Math.floor(within / 4 ** bit) % 4;
    x += (two & 1) * 2 ** bit;
    y += (two >> 1) * 2 ** bit;
  }
  return { face: Math.floor(cell / (size * size)), x: x / size, y: y / size, side: 1 / size };
}

// Cells of an order that come within a radius (degrees) of a center.
export function near(center, radius, order) {
  let cells = Array.from({ length: 12 }, (_, face) => face);
  for (let level = 0; ; level += 1) {
    cells = cells.filter((cell) => {
      const { face, x, y, side } = corner(level, cell);
      return d3.geoDistance(position(face, x + side / 2, y + side / 2), center) / RAD < radius + CELL / 2 ** level;
    });
    if (level === order) return cells;
    cells = cells.flatMap((cell) => [0, 1, 2, 3].map((child) => 4 * cell + child));
  }
}

export class SkyImage {
  constructor(map, address, order) {
    Object.assign(this, { map, address, order, tiles: new Map(), asked: 0, came: 0, waiting: [] });
    this.canvas = document.createElement("canvas");
    this.canvas.className = "sky-image";
    this.canvas.setAttribute("aria-hidden", "true");
    map.host.prepend(this.canvas);
    map.host.addEventListener("skydrawn", () => this.draw());
  }

  show(isShown) {
    this.canvas.hidden = !isShown;
    this.draw();
  }

  draw() {
    const { map, canvas } = this;
    if (canvas.hidden || !map.width) return;
    const isRed = document.documentElement.dataset.bsTheme === "red";
    // A time that is played moves nothing of it.
    const view = [map.mode, map.center, map.zoom, map.width, map.height, isRed, this.came].join();
    if (view === this.view) return;
    this.view = view;
    Object.assign(canvas, { width: map.width * map.ratio, height: map.height * map.ratio });
    const context = canvas.getContext("2d");
    if (isRed) context.fillRect(0, 0, canvas.width, canvas.height);
    const isGlobe = map.mode === "globe";
    const reach = Math.hypot(map.width, map.height) / 2 * map.pixel;
    const radius = isGlobe ? (reach >= 57 ? 90 : Math.asin(reach * RAD) / RAD) : Math.min(180, map.zoom > 1 ? 2 * reach : 180);
    const order = Math.max(COARSEST, Math.min(this.order, Math.round(Math.log2(CELL / map.pixel / WANTED))));
    const side = CELL / 2 ** order / map.pixel;
    const isSmall = side < SMALLEST;
    const parts = isSmall ? 2 : Math.min(8, Math.max(2, Math.ceil(side / 64)));
    this.waiting = [];
    this.rest = { side: side * 4, isGlobe, ratio: map.ratio };
    for (const cell of near(map.center, radius, order)) {
      const tile = this.#tile(isSmall ? `${this.address}/whole.jpg` : `${this.address}/${order}/${cell}.jpg`);
      if (tile) this.#paint(context, tile, corner(order, cell), parts, isSmall ? cell : null);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (isRed) {
      // No other light than red leaves a screen in the dome.
      context.globalCompositeOperation = "multiply";
      context.fillStyle = "#f00";
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    this.#next();
  }

  // The picture at an address if it is there; else it is asked for.
  #tile(address) {
    const known = this.tiles.get(address);
    if (known?.isThere) return known.picture;
    const isLost = known?.lostAt && Date.now() - known.lostAt > LATER;
    if ((!known || isLost) && !this.waiting.includes(address)) this.waiting.push(address);
    return null;
  }

  #next() {
    while (this.asked < AT_ONCE && this.waiting.length) {
      const address = this.waiting.shift();
      const tile = { picture: new Image(), isThere: false };
      this.tiles.set(address, tile);
      if (this.tiles.size > MOST) this.tiles.delete(this.tiles.keys().next().value);
      this.asked += 1;
      const end = (isThere) => {
        tile.isThere = isThere;
        if (!isThere) tile.lostAt = Date.now();
        this.asked -= 1;
        this.came += 1;
        if (isThere) this.map.drawSoon(); else this.#next();
      };
      tile.picture.onload = () => end(true);
      tile.picture.onerror = () => end(false);
      tile.picture.src = address;
    }
  }

  // In a picture the southern corner is above at the left, the eastern one below it.
  #paint(context, picture, { face, x, y, side }, parts, small) {
    const size = small === null ? picture.naturalWidth : picture.naturalWidth / COLUMNS;
    const left = small === null ? 0 : (small % COLUMNS) * size;
    const top = small === null ? 0 : Math.floor(small / COLUMNS) * size;
    const points = Array.from({ length: parts + 1 }, (_, i) => Array.from({ length: parts + 1 }, (__, j) => (
      this.#at(position(face, x + side * i / parts, y + side * j / parts)))));
    const step = size / parts;
    for (let i = 0; i < parts; i += 1) {
      for (let j = 0; j < parts; j += 1) {
        const [a, down, right, last] = [points[i][j], points[i + 1][j], points[i][j + 1], points[i + 1][j + 1]];
        if (!a || !down || !right || !last || this.#isTorn(a, last) || this.#isTorn(down, right)) continue;
        const { ratio } = this.rest;
        // Through the middle of the four, so that neighbors differ least.
        const across = [0, 1].map((k) => (right[k] - a[k] + last[k] - down[k]) / 2 / step * ratio);
        const along = [0, 1].map((k) => (down[k] - a[k] + last[k] - right[k]) / 2 / step * ratio);
        const middle = [0, 1].map((k) => (a[k] + down[k] + right[k] + last[k]) / 4 * ratio);
        context.setTransform(...across, ...along, ...middle);
        context.drawImage(picture, left + j * step, top + i * step, step, step, -step / 2 - 0.5, -step / 2 - 0.5, step + 1, step + 1);
      }
    }
  }

  #at(place) {
    if (this.rest.isGlobe && d3.geoDistance(place, this.map.center) > Math.PI / 2) return null;
    return this.map.projection(place);
  }

  // The flat map is cut open opposite to its middle.
  #isTorn(one, other) {
    return Math.hypot(one[0] - other[0], one[1] - other[1]) > this.rest.side;
  }
}
