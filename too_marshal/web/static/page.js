// What every page does: keep ages true, follow the live stream, guard forms.
import { keepAges } from "./ages.js";
import { guardForms, openDialogs, openAsked, copyTexts } from "./forms.js";
import { keepForOffline, offerNotifications } from "./device.js";
import { listenToKeys } from "./keys.js";
import { followLive } from "./live.js";

function chooseTheme() {
  const choice = document.getElementById("theme");
  if (!choice) return;
  choice.value = document.documentElement.dataset.bsTheme;
  choice.addEventListener("change", () => {
    document.documentElement.dataset.bsTheme = choice.value;
    localStorage.setItem("theme", choice.value);
  });
}

// A page that was made of one state is made anew when the state has changed.
function reloadOnNewState() {
  const state = document.getElementById("standing")?.dataset.state;
  if (state === undefined) return;
  document.addEventListener("htmx:after:swap", () => {
    if (document.getElementById("standing")?.dataset.state !== state) location.reload();
  });
}

chooseTheme();
keepAges();
guardForms();
openDialogs();
openAsked();
copyTexts();
reloadOnNewState();
listenToKeys();
offerNotifications();
followLive();
keepForOffline();
