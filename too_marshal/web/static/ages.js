// "3 min ago", kept true while the page stands open. The words are those of formatting.py.

// As in health.py: two heartbeats of the stream are missing.
const STALE_SECONDS = 15;

export function duration(seconds) {
  if (seconds < 99.5) return `${seconds.toFixed(0)} s`;
  if (seconds < 99.5 * 60) return `${(seconds / 60).toFixed(0)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} d`;
}

export function age(seconds) {
  const text = duration(Math.abs(seconds));
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

function since(iso) {
  return (Date.now() - Date.parse(iso)) / 1000;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function update() {
  for (const element of document.querySelectorAll("[data-since]")) {
    write(element, age(since(element.dataset.since)));
  }
  const stream = document.querySelector("#stream[data-beat]");
  if (stream) {
    const seconds = Math.max(0, since(stream.dataset.beat));
    const level = seconds > 300 ? "red" : seconds > STALE_SECONDS ? "amber" : "green";
    stream.className = `tag tag-${level}`;
    const words = seconds > STALE_SECONDS ? "stream stale, heard" : "stream";
    write(stream, `${words} ${duration(seconds)} ago`);
  }
}

export function keepAges() {
  update();
  setInterval(update, 1000);
}
