// The handle below the picture of what telescope time buys: what it says follows it.

function show(handle) {
  const form = handle.form;
  const index = Number(handle.value);
  const sentence = form.querySelectorAll("datalist option")[index]?.label;
  if (!sentence) return;
  form.querySelector("output").textContent = sentence;
  handle.setAttribute("aria-valuetext", sentence);
  form.querySelectorAll("circle").forEach((circle, k) => {
    circle.classList.toggle("chosen", k === index);
    circle.setAttribute("r", k === index ? "5" : "2");
  });
}

document.addEventListener("input", (event) => {
  if (event.target.matches("input[data-curve]")) show(event.target);
});
// A browser may keep where the handle was when it shows a page again.
for (const handle of document.querySelectorAll("input[data-curve]")) show(handle);
