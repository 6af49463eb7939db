// What a page does on this device: works offline with what was seen, and tells of chosen events.

export function keepForOffline() {
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.register("/worker.js");
  // Who logs out leaves nothing behind.
  document.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname !== "/logout") return;
    navigator.serviceWorker.controller?.postMessage("forget");
  });
}

const chosen = () => new Set(JSON.parse(localStorage.getItem("notify") ?? "[]"));

function show(button) {
  const isOn = Notification.permission === "granted" && chosen().has(button.dataset.notify);
  button.setAttribute("aria-pressed", String(isOn));
  button.textContent = isOn ? button.dataset.on : button.dataset.off;
  button.hidden = false;
}

// "all" stands for every event, also those to come.
export function offerNotifications() {
  if (!("Notification" in window)) return;
  const buttons = () => document.querySelectorAll("[data-notify]");
  buttons().forEach(show);
  document.addEventListener("htmx:after:swap", () => buttons().forEach(show));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-notify]");
    if (!button) return;
    const events = chosen();
    if (button.getAttribute("aria-pressed") === "true") events.delete(button.dataset.notify);
    else if (await Notification.requestPermission() === "granted") events.add(button.dataset.notify);
    localStorage.setItem("notify", JSON.stringify([...events]));
    show(button);
  });
}

export function tell(activity) {
  if (!("Notification" in window) || Notification.permission !== "granted" || !activity.event_id) return;
  const events = chosen();
  if (!events.has("all") && !events.has(String(activity.event_id))) return;
  // One an event: the newest word takes the place of the one before.
  const note = new Notification(activity.event ?? "too-marshal", {
    body: activity.text, tag: `event-${activity.event_id}`, icon: "/icon.svg",
  });
  note.onclick = () => { window.focus(); location.href = `/events/${activity.event_id}`; };
}
