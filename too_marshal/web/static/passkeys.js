// Passkeys: a form with data-passkey asks the service what a device is to make or to sign, has the
// device do it, and is sent with its answer. Without this script no such form is shown.

const WORDS = {
  NotAllowedError: "Nothing was chosen, or it took too long. Try again, or use your password.",
  InvalidStateError: "This device has a passkey of yours for this site already.",
  NotSupportedError: "This device can make no passkey of the kind that is needed here.",
  ConstraintError: "This device cannot look who holds it: set up a finger, a face or a PIN on it first.",
  SecurityError: "The browser allows no passkeys at this address.",
};
const RENEW_SECONDS = 240; // an answer is taken for five minutes
let waiting = null; // what the field of the name offers, until something else is asked for

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return undefined;
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function withBytes(list) {
  return (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
}

// Older browsers read no JSON of this kind.
function parse(kind, options) {
  const known = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" }[kind];
  if (PublicKeyCredential[known]) return PublicKeyCredential[known](options);
  const challenge = bytes(options.challenge);
  if (kind === "get") return { ...options, challenge, allowCredentials: withBytes(options.allowCredentials) };
  const user = { ...options.user, id: bytes(options.user.id) };
  return { ...options, challenge, user, excludeCredentials: withBytes(options.excludeCredentials) };
}

function write(credential) {
  if (credential.toJSON) return JSON.stringify(credential.toJSON());
  const said = credential.response;
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: {
      clientDataJSON: text(said.clientDataJSON),
      attestationObject: text(said.attestationObject),
      authenticatorData: text(said.authenticatorData),
      signature: text(said.signature),
      userHandle: text(said.userHandle),
      transports: said.getTransports?.(),
    },
  });
}

async function optionsOf(form) {
  const answer = await fetch(form.dataset.options, {
    method: "POST", headers: { "X-CSRFToken": form.elements.csrf_token.value },
  });
  // Somebody has to log in, or to say again that it is they: that is another page.
  if (answer.redirected) {
    location.assign(answer.url);
    return null;
  }
  if (!answer.ok) throw new Error("the service gives no challenge");
  return parse(form.dataset.passkey, await answer.json());
}

async function ask(form, more) {
  const publicKey = await optionsOf(form);
  if (!publicKey) return;
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey, ...more });
  form.elements.credential.value = write(credential);
  // The way back leads to that part of the page again.
  form.action = form.action.split("#")[0] + location.hash;
  form.submit();
}

function say(form, words) {
  const place = form.querySelector(".problem");
  place.hidden = !words;
  place.textContent = words;
}

async function act(event) {
  const form = event.target;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.disabled) return;
  waiting?.abort();
  say(form, "");
  button.disabled = true;
  try {
    await ask(form);
  } catch (error) {
    say(form, WORDS[error.name] ?? "The service did not answer as it should. Load this page again.");
    button.disabled = false;
    button.focus();
    if ("offers" in form.dataset) offer(form);
  }
}

// Where the browser can, passkeys are offered with the names that it has kept, in the field itself.
async function offer(form) {
  if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
  const own = waiting = new AbortController();
  const renewal = setTimeout(() => renew(form, own), RENEW_SECONDS * 1000);
  own.signal.addEventListener("abort", () => clearTimeout(renewal));
  try {
    await ask(form, { mediation: "conditional", signal: own.signal });
  } catch {
    // Nobody has asked for anything: the button is there.
  }
}

function renew(form, own) {
  own.abort();
  if (!document.hidden) offer(form);
  else document.addEventListener("visibilitychange", () => offer(form), { once: true });
}

function show() {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", act);
    if ("offers" in form.dataset) offer(form);
  }
  for (const words of document.querySelectorAll("[data-passkey-none]")) words.hidden = true;
}

// A page that is shown again as it was left is of another visit: its buttons are as new.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("form[data-passkey] button")) button.disabled = false;
});

if (window.PublicKeyCredential && navigator.credentials) show();
