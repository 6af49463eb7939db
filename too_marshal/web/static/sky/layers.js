// Layers of the sky map that are asked for one by one: what changed since another map. A layer
// costs the server nothing before somebody chooses it, and this module is not fetched before.
import { element } from "./frame.js";

const AGAIN = 1000; // between two looks whether a worker has done what was asked for, ms
const TRIES = 120;

const percent = (value) => `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)} %`;
const area = (value) => `${value < 100 ? value.toPrecision(3) : value.toFixed(0)} deg²`;
const chosen = (name) => document.querySelector(`[data-layer=${name}]`)?.value ?? "";
const wait = (time) => new Promise((done) => { setTimeout(done, time); });

// Plus and minus, so that no color is needed to tell one from the other.
function signs() {
  const defs = element("defs");
  for (const [id, strokes] of [["more", "M8 4v8M4 8h8"], ["less", "M4 8h8"]]) {
    const pattern = element("pattern", { id: `sign-${id}`, width: 16, height: 16, patternUnits: "userSpaceOnUse" });
    pattern.append(element("path", { class: `sign-${id}`, d: strokes }));
    defs.append(pattern);
  }
  return defs;
}

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

export class Layers {
  constructor(map, onChange) {
    Object.assign(this, { map, onChange, shown: {} });
    this.base = document.getElementById("sky-layers").dataset.src;
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
      const value = chosen(name);
      const key = value && `${value} on ${map}`;
      if ((this.shown[name]?.key ?? "") !== key) this.#choose(name, value, key);
    }
  }

  async #choose(name, value, key) {
    this.map.layers[name].replaceChildren();
    if (!value) {
      delete this.shown[name];
      this.#tell();
      return;
    }
    this.shown[name] = { key, words: "Being worked out …" };
    this.#tell();
    const { found, words } = await this.#ask(name, value, key);
    if (this.shown[name]?.key !== key) return;
    if (found) LAYERS[name].draw(this.map, found);
    this.map.drawSoon();
    this.shown[name] = { key, found, words };
    this.#tell();
  }

  async #ask(name, value, key) {
    const address = `${this.base}/${LAYERS[name].address(value)}`;
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
    document.getElementById("sky-told").textContent = Object.values(this.shown).map(({ words }) => words).join(" ");
    this.onChange();
  }
}
