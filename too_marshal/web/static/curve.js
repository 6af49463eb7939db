// The handle below the picture of what telescope time buys: what it says follows it.

function show(handle) {
  const form = handle.form ?? handle.parentElement;
  const index = Number(handle.value);
  const option = handle.list?.options[index];
  if (!option) return;
  form.querySelector("output").textContent = option.label;
  handle.setAttribute("aria-valuetext", option.label);
  form.querySelectorAll("circle").forEach((circle, k) => {
    circle.classList.toggle("chosen", k === index);
    circle.setAttribute("r", k === index ? "5" : "2");
  });
  return option;
}

// In the form of a plan the handle sets the budget, and no other stop is to come before it.
function set(handle, option) {
  const budget = document.getElementById(handle.dataset.sets);
  if (!budget) return;
  budget.value = option.dataset.set;
  for (const id of handle.dataset.empties.split(" ")) document.getElementById(id).value = "";
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("input[data-curve]")) return;
  const option = show(event.target);
  if (option && event.target.dataset.sets) set(event.target, option);
});
// A browser may keep where the handle was when it shows a page again.
for (const handle of document.querySelectorAll("input[data-curve]")) show(handle);
