// The sky at a time: lines of reference, Sun and Moon, horizon and airmass limit of a telescope,
// and the slider that plays plan and execution. Nothing moves unless somebody asks for it.
import { airmass, circle, zenith } from "./geometry.js";

const MINUTE = 60000;
const BESIDE = 86400000; // exposures no farther than a day from a night belong on its slider

const get = (id) => document.getElementById(id);
const clock = (time, timeZone) => new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone,
}).format(time);

export class Night {
  constructor(map) {
    this.map = map;
    this.isShown = true;
    this.site = null;
    map.note = (position, tile) => this.#note(position, tile);
    get("sky-site").addEventListener("change", (event) => this.#choose(event.target.value));
    get("sky-time").addEventListener("input", (event) => this.#go(Number(event.target.value)));
    get("sky-now").addEventListener("click", () => { this.#pause(); this.#go(Date.now()); });
    get("sky-play").addEventListener("click", () => (this.timer ? this.#pause() : this.#play()));
  }

  // What the server said anew; the choice of telescope and time stays.
  update(sky) {
    this.sky = sky;
    const list = get("sky-site");
    if (list.options.length === 1) {
      list.append(...sky.sites.map(({ name, robot }) => new Option(robot ? name : `${name} (no robot)`, name)));
    }
    this.site = sky.sites.find((site) => site.name === list.value) ?? null;
    if (this.site) this.#setRange();
    this.draw();
  }

  show(isShown) {
    this.isShown = isShown;
    this.draw();
  }

  // Entries of the legend: [kind, text].
  get entries() {
    if (!this.sky || !this.isShown) return [];
    const shown = [["galactic", "Galactic plane"], ["ecliptic", "ecliptic"], ["sun", "Sun"], ["moon", "Moon"]];
    if (this.site) {
      shown.push(["horizon", `horizon of ${this.site.name}`], ["limit", `its airmass limit ${this.site.airmass_limit}`]);
    }
    return shown;
  }

  get #time() {
    return this.chosen ?? Date.now();
  }

  #choose(name) {
    this.#pause();
    this.site = this.sky?.sites.find((site) => site.name === name) ?? null;
    get("sky-slider").hidden = !this.site;
    this.chosen = null;
    if (this.site) {
      this.#setRange();
      this.#go(Date.now());
    } else this.draw();
  }

  // From sunset to sunrise, and to exposures of the telescope that are near that night.
  #setRange() {
    const [start, end] = this.site.night.map(Date.parse);
    const times = [...this.sky.plans, ...this.sky.executed]
      .filter((group) => group.telescope === this.site.name)
      .flatMap((group) => group.tiles.flatMap((tile) => tile.visits.map((visit) => Date.parse(visit.start))))
      .filter((time) => time > start - BESIDE && time < end + BESIDE);
    const slider = get("sky-time");
    slider.min = Math.min(start, Date.now(), ...times.map((time) => time - 5 * MINUTE));
    slider.max = Math.max(end, Date.now(), ...times.map((time) => time + 5 * MINUTE));
    slider.step = MINUTE;
  }

  #go(time) {
    const slider = get("sky-time");
    this.chosen = Math.min(Number(slider.max), Math.max(Number(slider.min), time));
    slider.value = this.chosen;
    const text = `${clock(this.chosen, "UTC")} UTC, ${clock(this.chosen, this.site.time_zone)} at ${this.site.name}`;
    slider.setAttribute("aria-valuetext", text);
    get("sky-when").textContent = text;
    this.draw();
  }

  // Somebody who wants no motion gets a step an hour long each second instead of a film.
  #play() {
    const slider = get("sky-time");
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = isCalm ? 60 * MINUTE : (slider.max - slider.min) / 120;
    if (this.#time >= slider.max - step) this.#go(Number(slider.min));
    get("sky-play").textContent = "Pause";
    this.timer = setInterval(() => {
      this.#go(this.#time + step);
      if (this.#time >= slider.max) this.#pause();
    }, isCalm ? 1000 : 100);
  }

  #pause() {
    clearInterval(this.timer);
    this.timer = null;
    get("sky-play").textContent = "Play";
  }

  // Between two of the server's places along a great circle.
  #bodies() {
    const { bodies } = this.sky;
    const time = Math.min(Date.parse(bodies.at(-1).time), Math.max(Date.parse(bodies[0].time), this.#time));
    const after = Math.max(1, bodies.findIndex((body) => Date.parse(body.time) >= time));
    const [a, b] = [bodies[after - 1], bodies[after]];
    const part = (time - Date.parse(a.time)) / (Date.parse(b.time) - Date.parse(a.time));
    return {
      sun: d3.geoInterpolate(a.sun, b.sun)(part),
      moon: d3.geoInterpolate(a.moon, b.moon)(part),
      illuminated: Math.round(100 * (a.illuminated + part * (b.illuminated - a.illuminated))),
    };
  }

  draw() {
    if (!this.sky) return;
    this.map.setReference(this.isShown ? this.#lines() : []);
    for (const path of this.map.svg.querySelectorAll(".tile")) path.classList.toggle("later", this.#isLater(path.__tile));
  }

  #lines() {
    const { planes } = this.sky;
    const { sun, moon, illuminated } = this.#bodies();
    const lines = [
      { className: "galactic", shape: circle(planes.galactic, 90) },
      { className: "ecliptic", shape: circle(planes.ecliptic, 90) },
      { className: "sun", shape: { type: "Point", coordinates: sun }, at: sun, text: "Sun", label: "Sun" },
      {
        className: "moon", shape: { type: "Point", coordinates: moon }, at: moon, text: `Moon ${illuminated} %`,
        label: `Moon, ${illuminated} % illuminated, as seen from the center of the Earth`,
      },
    ];
    if (!this.site) return lines;
    const overhead = zenith(this.site, this.#time);
    const reach = Math.acos(1 / this.site.airmass_limit) * 180 / Math.PI;
    return [
      ...lines,
      { className: "horizon", shape: circle(overhead, 90) },
      { className: "limit", shape: circle(overhead, reach) },
      { className: "zenith", shape: { type: "Point", coordinates: overhead }, at: overhead, text: "zenith", label: `Zenith of ${this.site.name}` },
    ];
  }

  // Some of its exposures may be over: it is to come while the first is.
  #isLater(tile) {
    return this.site !== null && tile.telescope === this.site.name
      && tile.visits.every((visit) => Date.parse(visit.start) > this.#time);
  }

  #note(position, tile) {
    if (!this.site) return "";
    const value = airmass(position, zenith(this.site, this.#time));
    const words = value === null ? "below the horizon" : `airmass ${value < 10 ? value.toFixed(2) : "above 10"}`;
    return ` · ${words} at ${this.site.name} then${tile && this.#isLater(tile) ? " · to come" : ""}`;
  }
}
