// Live updates. A browser opens six connections to a host and no more, so its tabs share one
// stream: the tab that holds the lock listens, and tells the others.

import { tell as notify } from "./device.js";

const POLL_SECONDS = 15; // while the stream is down
const SILENCE_SECONDS = 90; // after which the listening tab is taken for dead
const REOPEN_SECONDS = 10;

const channel = new BroadcastChannel("marshal-live");
let isUp = false;
let heardAt = Date.now();
let refreshedAt = Date.now();
let waiting = null;

function page() {
  return document.getElementById("refresh");
}

function concerns(activity) {
  const event = page()?.dataset.event;
  return event === undefined || activity.event_id === null || String(activity.event_id) === event;
}

function asks() {
  return document.querySelector("dialog[open]") !== null;
}

function isBusy() {
  return document.hidden || asks();
}

function refresh() {
  if (!page() || isBusy()) return;
  refreshedAt = Date.now();
  window.htmx.trigger(page(), "marshal:refresh");
  document.dispatchEvent(new CustomEvent("marshal:refreshed"));
}

// Several rows of the timeline come at once: one refresh answers them all.
function refreshSoon() {
  waiting ??= setTimeout(() => { waiting = null; isBusy() ? postpone() : refresh(); }, 250);
}

function postpone() {
  refreshedAt = 0;
}

function hear(message) {
  heardAt = Date.now();
  if (message.kind === "state") show(message.isUp);
  if (message.kind === "opened") refreshSoon();
  if (message.kind === "activity" && concerns(message.activity)) refreshSoon();
}

function show(state) {
  isUp = state;
  const mark = document.getElementById("live-state");
  if (mark) mark.hidden = isUp;
}

function tell(message) {
  channel.postMessage(message);
  hear(message);
}

// The first stream goes on from where the page was made; a later one, after a pause whose length
// nobody knows, begins with a refresh.
function listen(isFirst = true) {
  const source = new EventSource(isFirst ? `/live?after=${page().dataset.known}` : "/live");
  let isAgain = !isFirst;
  source.onopen = () => {
    tell({ kind: "state", isUp: true });
    if (isAgain) tell({ kind: "opened" });
    isAgain = true;
  };
  source.addEventListener("activity", (event) => {
    const activity = JSON.parse(event.data);
    tell({ kind: "activity", activity });
    notify(activity); // by the tab that listens, so once
  });
  source.onerror = () => {
    tell({ kind: "state", isUp: false });
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, REOPEN_SECONDS * 1000, false);
  };
}

function lead() {
  return new Promise(() => {
    listen();
    setInterval(() => tell({ kind: "state", isUp }), 20_000);
  });
}

function watch() {
  if (Date.now() - heardAt > SILENCE_SECONDS * 1000) show(false);
  const every = isUp ? Number(page()?.dataset.every ?? Infinity) : POLL_SECONDS;
  if (Date.now() - refreshedAt > every * 1000) refresh();
}

export function followLive() {
  if (!page()) return;
  channel.onmessage = (event) => hear(event.data);
  if (navigator.locks) navigator.locks.request("marshal-live", lead);
  else lead(); // Not a secure context: each tab for itself.
  setInterval(watch, 1000);
  document.addEventListener("visibilitychange", watch);
  // What a person has unfolded stays so: no answer of the server knows of it.
  window.htmx.config.morphIgnore.push("open");
  // A dialog that was opened while the answer was under way must not be swept away.
  document.addEventListener("htmx:before:swap", (event) => {
    if (event.target === page() && asks()) event.preventDefault();
  });
}
