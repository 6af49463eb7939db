// Forms that act once, dialogs that ask first, texts that can be copied.

function cancels(event) {
  return event.submitter?.getAttribute("formmethod") === "dialog";
}

// The server refuses the second of two equal submissions; this spares people the question.
export function guardForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]") || cancels(event)) return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "yes";
  }, { capture: true });
  const release = () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  };
  document.addEventListener("htmx:finally:request", release);
  window.addEventListener("pageshow", (event) => { if (event.persisted) release(); });
}

// For browsers that do not know the `command` attribute of buttons yet.
export function openDialogs() {
  if ("command" in HTMLButtonElement.prototype) return;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    if (button) document.getElementById(button.getAttribute("commandfor"))?.showModal();
  });
}

// Whoever asked for a check wants the question that follows it; once, and not again on a reload.
export function openAsked() {
  const open = () => {
    const asked = new URLSearchParams(location.search).get("ask");
    const dialog = asked && document.querySelector(`dialog[data-opens-for="${CSS.escape(asked)}"]`);
    if (!dialog || document.querySelector("dialog[open]")) return;
    history.replaceState(history.state, "", location.pathname);
    dialog.showModal();
  };
  document.addEventListener("htmx:after:swap", open);
  open();
}

export function copyTexts() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy).textContent;
    const said = document.getElementById("copied");
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Copied.";
    } catch {
      // Without https a browser gives no clipboard: leave the text selected.
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      said.textContent = "Press Ctrl-C to copy the selected text.";
    }
  });
}
