// The sky map of a page: fetches what it draws, keeps the legend, ties tiles to table rows.
import { hiddenPart } from "./geometry.js";
import { Night } from "./night.js";
import { SkyMap } from "./skymap.js";

const host = document.getElementById("sky");
const map = new SkyMap(host);
const night = new Night(map);
const beside = document.getElementById("sky-beside");
let last = null;
// Which plans to show; null: the server chooses, until somebody else does.
let chosen = host.dataset.plan ? new Set([host.dataset.plan]) : null;
let shown = new Set();
let etag = null;
let isPlaced = false;
// Layers that are asked for one by one come with a module of their own, once one is.
let layers = null;

const percent = (value) => `${(100 * value).toFixed(1)} %`;
const area = (value) => `${value < 100 ? value.toPrecision(3) : value.toFixed(0)} deg²`;
const clock = (iso) => iso.slice(11, 19);
const named = (tile) => (tile.field >= 0 ? `Field ${tile.field}` : `Pointing ${tile.ra.toFixed(2)} ${tile.dec.toFixed(2)}`);

function visits(tile) {
  return tile.visits.map((visit) => `${visit.filter} ${clock(visit.start)}${visit.airmass ? ` X ${visit.airmass}` : ""}`).join(", ");
}

const key = (tile) => (tile.field >= 0 ? String(tile.field) : `${tile.ra},${tile.dec}`);

// A planned tile that is executed too says so: it lies on top, and is what people point at.
function planned(plan, index, outline, done) {
  const state = plan.queued ? "queued" : "planned";
  return plan.tiles.map((tile) => {
    const taken = done.get(key(tile));
    const words = taken ? `executed ${taken.visits.length} of ${tile.visits.length}` : state;
    return {
      ...tile,
      outline,
      telescope: plan.telescope,
      className: `${state} plan-${index % 3}${taken ? " done" : ""}`,
      label: `${named(tile)}, ${percent(tile.probability)}, ${tile.visits.map((visit) => visit.filter).join(" and ")}, ${words}`,
      tip: `${named(tile)} · ${percent(tile.probability)} · ${words} · ${visits(taken ?? tile)} UTC`,
    };
  });
}

function executed(group, outline) {
  return group.tiles.map((tile) => ({
    ...tile,
    outline,
    telescope: group.telescope,
    className: "executed",
    label: `${named(tile)}, ${tile.visits.map((visit) => visit.filter).join(" and ")}, executed`,
    tip: `${named(tile)} · executed · ${visits(tile)} UTC`,
  }));
}

function entry(kind, text) {
  const item = document.createElement("li");
  const sample = document.createElement("span");
  sample.className = `key key-${kind}`;
  item.append(sample, text);
  return item;
}

// Nine layers lie on one another: the densest is the inmost tenth.
function shading() {
  const item = entry("shade", "shading: 10, 20 … 90 % of the probability, densest first");
  item.firstChild.append(...Array.from({ length: 9 }, () => document.createElement("i")));
  return item;
}

function legend(sky) {
  const entries = [];
  if (sky.localization) {
    entries.push(entry("50", `50 %: ${area(sky.localization.area_50)}`), entry("90", `90 %: ${area(sky.localization.area_90)}`));
  }
  sky.plans.forEach((plan, index) => {
    const state = plan.queued ? "queued" : "planned";
    entries.push(entry(`${state} plan-${index % 3}`, `plan ${plan.id} ${state}: ${plan.tiles.length} fields${plan.area ? `, ${area(plan.area)}` : ""}`));
  });
  for (const group of sky.executed) {
    const coverage = sky.coverage.find((item) => item.telescope === group.telescope);
    const asOf = coverage ? `, ${area(coverage.area)} as of ${clock(coverage.computed_at)} UTC` : "";
    entries.push(entry("executed", `${group.telescope} executed: ${group.tiles.length} fields${asOf}`));
  }
  const more = sky.localization ? [shading()] : [];
  sky.versions.forEach((version, index) => {
    more.push(entry(`version version-${index % 2}`, `${version.name}: 50 %: ${area(version.area_50)}, 90 %: ${area(version.area_90)}`));
  });
  more.push(...(layers?.entries ?? []).map(([kind, text]) => entry(kind, text)));
  more.push(...night.entries.map(([kind, text]) => entry(kind, text)));
  document.getElementById("sky-key").replaceChildren(...more);
  document.getElementById("sky-legend").replaceChildren(...entries);
}

// Where to look first: the middle of the 90 % region, as close as shows all of it.
function place(localization) {
  const region = localization.contours.features.find((feature) => feature.properties.credible_level === 90);
  const points = region ? region.geometry.coordinates.flat(2) : [];
  let center = points.length ? d3.geoCentroid({ type: "MultiPoint", coordinates: points }) : localization.peak;
  const reach = (from) => Math.max(0, ...points.map((point) => d3.geoDistance(point, from))) * 180 / Math.PI;
  if (reach(center) > 80) center = localization.peak;
  map.goTo(center, Math.min(90, reach(center)));
  isPlaced = true;
}

// What the globe does not show must not be taken for what there is not.
function tellHidden() {
  const region = map.filled.find((feature) => feature.properties.credible_level === 90);
  const isGlobe = map.mode === "globe";
  const part = isGlobe && region ? Math.round(100 * hiddenPart(region, map.center)) : 0;
  const tiles = isGlobe ? map.tilesBehind() : 0;
  const galaxies = isGlobe ? map.tilesBehind(".galaxy") : 0;
  const objects = isGlobe ? map.tilesBehind(".object") : 0;
  const said = [
    part && `${part} % of the 90 % region`, tiles && `${tiles} ${tiles === 1 ? "tile" : "tiles"}`,
    galaxies && `${galaxies} ${galaxies === 1 ? "galaxy" : "galaxies"}`, objects && `${objects} ${objects === 1 ? "object" : "objects"}`,
  ].filter(Boolean);
  const verb = Math.max(tiles, galaxies, objects, said.length) > 1 ? "are" : "is";
  document.getElementById("sky-hidden").textContent = said.length ? `${said.join(" and ")} ${verb} on the far side: All sky shows it.` : "";
}
host.addEventListener("skydrawn", tellHidden);

// What can be chosen, with the choice kept; where there is nothing the control stays hidden.
function offer(list, choices) {
  const known = [...list.options].slice(1).map((option) => option.value + option.text);
  if (known.join() === choices.map(({ id, name }) => id + name).join()) return;
  const kept = list.value;
  list.replaceChildren(list.options[0], ...choices.map(({ id, name }) => new Option(name, id)));
  list.value = choices.some(({ id }) => String(id) === kept) ? kept : "";
  list.closest("label").hidden = !choices.length;
}

async function changeLayers() {
  const { Layers } = await import("./layers.js").catch(() => ({}));
  if (!Layers) {
    document.getElementById("sky-told").textContent = "This layer cannot be shown: the server cannot be reached.";
    return;
  }
  layers ??= new Layers(map, () => legend(last));
  layers.update(last);
}

function show(sky) {
  last = sky;
  offer(beside, sky.others);
  for (const list of document.querySelectorAll("[data-layer]")) offer(list, sky.layers[list.dataset.layer] ?? []);
  map.setVersions(sky.versions.map((version) => version.contours.features));
  map.setContours(sky.localization?.contours.features ?? []);
  const done = new Map(sky.executed.map((group) => [
    group.telescope, new Map(group.tiles.map((tile) => [key(tile), tile])),
  ]));
  map.setTiles("plans", sky.plans.flatMap((plan, index) => planned(
    plan, index, sky.outlines[plan.telescope], done.get(plan.telescope) ?? new Map(),
  )));
  map.setTiles("executed", sky.executed.flatMap((group) => executed(group, sky.outlines[group.telescope])));
  if (sky.localization && !isPlaced) place(sky.localization);
  night.update(sky);
  layers?.update(sky);
  map.draw();
  legend(sky);
  host.dataset.ready = "yes";
}

async function load() {
  const query = new URLSearchParams();
  if (chosen) query.set("plans", [...chosen].join(","));
  if (beside.value) query.set("versions", beside.value);
  const address = query.size ? `${host.dataset.src}?${query}` : host.dataset.src;
  const answer = await fetch(address, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
  if (!answer.ok) return;
  etag = answer.headers.get("ETag");
  const sky = await answer.json();
  shown = new Set(sky.plans.map((plan) => String(plan.id)));
  show(sky);
  mirrorChoice();
}

function mirrorChoice() {
  for (const box of document.querySelectorAll("[data-plan]")) box.checked = shown.has(box.dataset.plan);
}

document.addEventListener("change", (event) => {
  const box = event.target.closest("[data-plan]");
  if (!box) return;
  chosen ??= new Set(shown);
  if (box.checked) chosen.add(box.dataset.plan);
  else chosen.delete(box.dataset.plan);
  load();
});

const controls = {
  projection: (button) => {
    const isAllSky = map.mode === "globe";
    map.setProjection(isAllSky ? "allsky" : "globe");
    if (!isAllSky) map.goHome();
    button.setAttribute("aria-pressed", String(isAllSky));
  },
  center: () => map.goHome(),
  in: () => map.zoomBy(1.4),
  out: () => map.zoomBy(1 / 1.4),
  lines: (button) => {
    night.show(!night.isShown);
    button.setAttribute("aria-pressed", String(night.isShown));
    if (last) legend(last);
  },
  copy: async () => {
    const text = document.getElementById("sky-position");
    try {
      await navigator.clipboard.writeText(text.textContent);
      document.getElementById("sky-copied").textContent = "Copied.";
    } catch {
      // Without https a browser gives no clipboard: leave the text selected.
      getSelection().selectAllChildren(text);
      document.getElementById("sky-copied").textContent = "Press Ctrl-C to copy the selected text.";
    }
  },
};
host.addEventListener("skyposition", ({ detail }) => {
  document.getElementById("sky-position").textContent = `${detail.sexagesimal} (${detail.degrees})`;
  document.getElementById("sky-copied").textContent = "";
  document.getElementById("sky-clicked").hidden = false;
});
beside.addEventListener("change", load);
document.getElementById("sky-layers").addEventListener("change", changeLayers);
document.getElementById("sky-site").addEventListener("change", () => { if (last) legend(last); });
for (const button of document.querySelectorAll("[data-sky]")) {
  button.addEventListener("click", () => controls[button.dataset.sky](button));
}

// Tile and row mark each other; the newly marked row comes into view, and no other stays marked.
function mark(field) {
  const rows = document.querySelectorAll("tr[data-field]");
  for (const row of rows) row.classList.toggle("selected", row.dataset.field === String(field));
  document.querySelector("tr.selected")?.scrollIntoView({ block: "nearest" });
}
host.addEventListener("tileselect", (event) => mark(event.detail.field));
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-field]");
  if (!row) return;
  mark(row.dataset.field);
  map.select(row.dataset.field);
});
document.addEventListener("htmx:after:swap", mirrorChoice);
document.addEventListener("marshal:refreshed", load);
load();
