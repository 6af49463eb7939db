// Layers of the sky map that are asked for one by one: what changed since another map, other
// groups' pointings, galaxies, alerts. A layer costs the server nothing before somebody chooses it, and
// this module is not fetched before.
import { element } from "./frame.js";

const AGAIN = 1000; // between two looks whether a worker has done what was asked for, ms
const TRIES = 120;

const percent = (value) => `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)} %`;
const area = (value) => `${value < 100 ? value.toPrecision(3) : value.toFixed(0)} deg²`;
const chosen = (name) => document.querySelector(`[data-layer=${name}]`)?.selectedOptions[0];
const minute = (iso) => new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC",
}).format(Date.parse(iso));
const wait = (time) => new Promise((done) => { setTimeout(done, time); });

// Plus and minus, so that no color is needed to tell one from the other.
function signs() {
  const defs = element("defs");
  for (const [id, strokes] of [["more", "M8 4v8M4 8h8"], ["less", "M4 8h8"]]) {
    const pattern = element("pattern", { id: `sign-${id}`, width: 16, height: 16, patternUnits: "userSpaceOnUse" });
    pattern.append(element("path", { class: `sign-${id}`, d: strokes }));
    defs.append(pattern);
  }
  const cross = element("pattern", { id: "crossed", width: 8, height: 8, patternUnits: "userSpaceOnUse" });
  cross.append(element("path", { class: "crossed", d: "M0 8L8 0M0 0L8 8" }));
  defs.append(cross);
  return defs;
}

// One visit in words; a depth that was not told is no depth.
const visit = ({ time, band, depth }) => `${minute(time)} UTC, ${band}, ${depth === null ? "depth not told" : `${depth.toFixed(1)} mag`}`;
const many = (count, word, plural = `${word}s`) => `${count} ${count === 1 ? word : plural}`;

function changedArea([before, after]) {
  const ratio = after / before;
  if (Math.abs(ratio - 1) < 0.005) return "as large as before";
  return ratio < 1 ? `${percent(1 - ratio)} smaller` : ratio < 2 ? `${percent(ratio - 1)} larger` : `${ratio.toPrecision(2)} times as large`;
}

// Each layer: what is asked for by the value that was chosen, and what becomes of the answer.
const LAYERS = {
  difference: {
    address: (value) => `difference.json?from=${value}`,
    draw(map, found) {
      map.layers.difference.replaceChildren(...[["gained", "more"], ["lost", "less"]].filter(([name]) => found[name]).map(([name, word]) => {
        const path = map.path(`changed ${name}`, found[name]);
        path.setAttribute("role", "img");
        path.setAttribute("aria-label", `Where the map has ${word} probability than map ${found.old}`);
        return path;
      }));
    },
    entries: (found) => (found.gained ? [
      ["gained", `more than on map ${found.old}: where 90 % of the gain lies`],
      ["lost", `less than on map ${found.old}: where 90 % of the loss lies`],
    ] : []),
    tell(found) {
      const [before, after] = found.area_90;
      const size = `90 %: ${area(before)} on map ${found.old}, ${area(after)} now: ${changedArea(found.area_90)}.`;
      if (!found.gained) return `${size} The probability lies where it lay.`;
      return `${size} ${percent(found.moved)} of the probability moved. Of the map now, ${percent(found.in_old_50)} lies in the old 50 % region and `
        + `${percent(found.in_old_90)} in the old 90 % region. The two 90 % regions have ${percent(found.common_90)} of their area in common.`;
    },
  },
};

LAYERS.reported = {
  address: (value) => `others.json?status=${value}`,
  draw(map, found) {
    map.setTiles("reported", found.tiles.map((tile, index) => {
      const outline = found.outlines[tile.outline];
      const more = tile.visits.length > 1 ? ` and ${tile.visits.length - 1} more` : "";
      const words = `${tile.instrument}, of others, ${tile.status}`;
      return {
        ...tile, outline, field: `reported-${index}`, className: tile.status,
        label: `${words}, ${visit(tile.visits.at(-1))}${more}`,
        tip: `${words} · ${tile.visits.slice(-4).map(visit).join(" · ")}${tile.visits.length > 4 ? ` · ${tile.visits.length - 4} earlier` : ""}${outline ? "" : " · footprint not known"}`,
      };
    }));
  },
  entries: (found) => ["completed", "planned"].flatMap((status) => {
    const tiles = found.tiles.filter((tile) => tile.status === status);
    const names = [...new Set(tiles.map((tile) => tile.instrument))];
    return tiles.length ? [[`others-${status}`, `others, ${status}: ${many(tiles.length, "pointing")} of ${names.join(", ")}`]] : [];
  }),
  tell: (found) => [
    `Others' pointings as the Treasure Map told them on ${minute(found.read_at)} UTC: ${found.tiles.length ? `${found.tiles.length} drawn` : "none"}.`,
    found.left_out && `${many(found.left_out, "earlier one")} not drawn.`,
    found.rejected && `${many(found.rejected, "entry", "entries")} could not be understood.`,
  ].filter(Boolean).join(" "),
};

const titled = ({ name, ra, dec }) => name || `Galaxy ${ra.toFixed(4)} ${dec < 0 ? "−" : "+"}${Math.abs(dec).toFixed(4)}`;
const shared = (weight) => (weight < 0.0005 ? "below 0.1 %" : percent(weight));

LAYERS.galaxies = {
  address: (value) => `galaxies.json?table=${value}`,
  draw(map, found) {
    map.setTiles("galaxies", found.galaxies.map((galaxy, index) => {
      const words = `number ${index + 1}, ${shared(galaxy.weight)} of the weight, ${galaxy.distance} Mpc`;
      return {
        ...galaxy, field: `galaxy-${index}`, className: "galaxy",
        sign: ([x, y]) => `M${x} ${y - 7}l7 7l-7 7l-7 -7Z`,
        label: `${titled(galaxy)}, ${words}`, tip: `${titled(galaxy)} · ${words.replaceAll(", ", " · ")}`,
      };
    }));
  },
  entries: (found) => (found.galaxies.length ? [["galaxy", `the ${found.galaxies.length} most probable galaxies of ${found.table}`]] : []),
  tell(found) {
    if (found.error) return `No galaxy is drawn: ${found.error}.`;
    const best = found.galaxies.slice(0, 3).map((galaxy) => `${titled(galaxy)} (${shared(galaxy.weight)})`);
    const drawn = found.galaxies.reduce((sum, { weight }) => sum + weight, 0);
    return `Of ${many(found.all, "galaxy", "galaxies")} of ${found.table} ${found.probable} may be the host; ${found.galaxies.length} are drawn, `
      + `with ${percent(Math.min(1, drawn))} of the weight, ${found.probable - found.galaxies.length} are not. First: ${best.join(", ")}.`;
  },
};

// A cross; of what somebody has saved, in a ring.
LAYERS.objects = {
  address: (value) => `objects.json?which=${value}`,
  draw(map, found) {
    map.setTiles("objects", found.objects.map((each, index) => {
      const words = [
        each.status ? `${each.status} by ${each.by}` : "not judged",
        each.level !== undefined && `level ${percent(each.level)}`,
        each.time && `last ${each.magnitude === null ? "seen" : `${each.magnitude.toFixed(1)} ${each.band ?? ""}`.trim()} ${minute(each.time)} UTC`,
      ].filter(Boolean);
      const ring = each.status ? "m-8 0a8 8 0 1 0 16 0a8 8 0 1 0 -16 0" : "";
      return {
        ...each, field: `object-${index}`, className: "object",
        sign: ([x, y]) => `M${x - 5} ${y}h10M${x} ${y - 5}v10M${x} ${y}${ring}`,
        label: `${each.name}, ${words.join(", ")}`, tip: `${each.name} · ${words.join(" · ")}`,
      };
    }));
  },
  entries: (found) => (found.objects.length ? [["object", `${many(found.objects.length, "object")} with alerts; saved ones in a ring`]] : []),
  tell: (found) => [
    found.objects.length ? `${many(found.objects.length, "object")} with alerts drawn.` : "No object is left to be drawn.",
    found.all > found.objects.length && `${found.all - found.objects.length} others are not.`,
  ].filter(Boolean).join(" "),
};

// The picture has a module of its own, fetched with it.
LAYERS.image = {
  async draw(map, found) {
    const { SkyImage } = await import("./image.js");
    map.picture ??= new SkyImage(map, document.getElementById("sky-layers").dataset.image.replace(/\.json$/, ""), found.order);
    map.picture.show(true);
  },
  clear: (map) => map.picture?.show(false),
  entries: (found) => [["image", [found.title, found.copyright].filter(Boolean).join(", © ")]],
  tell: () => "",
};

export class Layers {
  constructor(map, onChange) {
    Object.assign(this, { map, onChange, shown: {} });
    const { src, image } = document.getElementById("sky-layers").dataset;
    Object.assign(this, { base: src, image });
    map.svg.prepend(signs());
  }

  // Entries of the key: [kind, text].
  get entries() {
    return Object.entries(this.shown).flatMap(([name, { found }]) => (found ? LAYERS[name].entries(found) : []));
  }

  // Ask anew only for what was chosen since, or belongs to another map.
  update(sky) {
    const map = sky.localization?.id;
    for (const name of Object.keys(LAYERS)) {
      const option = chosen(name);
      const value = option?.value ?? "";
      const key = value && `${value} on ${map}: ${option.text}`;
      if ((this.shown[name]?.key ?? "") !== key) this.#choose(name, value, key);
    }
  }

  async #choose(name, value, key) {
    this.map.layers[name]?.replaceChildren();
    LAYERS[name].clear?.(this.map);
    if (!value) {
      delete this.shown[name];
      this.#tell();
      return;
    }
    this.shown[name] = { key, words: "Being worked out …" };
    this.#tell();
    const { found, words } = await this.#ask(name, value, key);
    if (this.shown[name]?.key !== key) return;
    if (found) await LAYERS[name].draw(this.map, found);
    if (this.shown[name]?.key !== key) { LAYERS[name].clear?.(this.map); return; }
    this.map.drawSoon();
    this.shown[name] = { key, found, words };
    this.#tell();
  }

  async #ask(name, value, key) {
    const address = name === "image" ? this.image : `${this.base}/${LAYERS[name].address(value)}`;
    for (let tries = 0; tries < TRIES && this.shown[name]?.key === key; tries += 1) {
      try {
        const answer = await fetch(address, { cache: "no-store" });
        if (answer.status === 200) {
          const found = await answer.json();
          return { found, words: LAYERS[name].tell(found) };
        }
        if (answer.status !== 202) return { words: `This layer cannot be shown: the server answers ${answer.status}.` };
      } catch {
        return { words: "This layer cannot be shown: the server cannot be reached." };
      }
      await wait(AGAIN);
    }
    return { words: "This layer is not worked out yet: choose it again later." };
  }

  #tell() {
    document.getElementById("sky-told").textContent = Object.values(this.shown).map(({ words }) => words).filter(Boolean).join(" ");
    this.onChange();
  }
}
