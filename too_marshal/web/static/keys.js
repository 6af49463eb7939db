// Single keys, where nobody types and no modifier is held. The list of them is in base.html.

const addresses = { e: "/", q: "/queues", h: "/health" };

function isTyping(target) {
  return target.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");
}

function rows() {
  return [...document.querySelectorAll("tbody tr")].filter((row) => row.querySelector("a, button"));
}

function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.querySelector("a, button")?.focus();
}

function see(element) {
  if (!element) return;
  element.scrollIntoView({ block: "nearest" });
  element.focus();
}

const actions = {
  "?": () => document.getElementById("keys")?.showModal(),
  "/": () => see(document.getElementById("search")),
  n: () => see(document.querySelector("[data-action=next]")),
  m: () => see(document.querySelector("#sky svg")),
  j: () => step(1),
  k: () => step(-1),
};

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (addresses[event.key]) location.href = addresses[event.key];
    else if (actions[event.key]) actions[event.key]();
    else return;
    event.preventDefault();
  });
}
