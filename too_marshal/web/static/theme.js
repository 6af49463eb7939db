// Runs before the first paint, so that nobody is dazzled: no module, no delay.
(() => {
  const themes = ["dark", "light", "red"];
  const kept = localStorage.getItem("theme");
  const usual = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.bsTheme = themes.includes(kept) ? kept : usual;
})();
