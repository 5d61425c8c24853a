// Keeps the page in step with the stack: asks for what has changed once a second and changes only
// those nodes, so that open details, chosen tabs, focus, selection and scroll stay as they are.
"use strict";

const live = document.getElementById("live");
const lost = document.getElementById("lost");
let tag = "";

async function refresh() {
  try {
    const answer = await fetch("/live", {
      headers: tag ? { "If-None-Match": tag } : {},
      signal: AbortSignal.timeout(5000),
    });
    if (answer.status === 200) {
      const fresh = document.createElement("template");
      fresh.innerHTML = await answer.text();
      tag = answer.headers.get("ETag") ?? "";
      matchChildren(live, fresh.content);
    }
    lost.hidden = answer.ok || answer.status === 304;
  } catch {
    lost.hidden = false;
  }
  tellAges();
}

function matchChildren(old, fresh) {
  const named = new Map([...old.children].filter((e) => e.id).map((e) => [e.id, e]));
  let next = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const present = wanted.id ? named.get(wanted.id) : next && !next.id ? next : null;
    if (!present || present.nodeName !== wanted.nodeName) {
      old.insertBefore(wanted, next);
      continue;
    }
    if (present === next) next = next.nextSibling;
    else old.insertBefore(present, next);
    match(present, wanted);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

function match(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (!theReaders(old, name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!theReaders(old, name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  if (!("age" in old.dataset)) matchChildren(old, fresh);
}

// What is open or chosen is up to the reader, not to the server.
function theReaders(element, attribute) {
  return (
    (element.localName === "details" && attribute === "open") ||
    (element.localName === "input" && attribute === "checked") ||
    attribute === "aria-busy"
  );
}

function tellAges() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const said = duration((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== said) time.textContent = said;
  }
}

function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60) % 60;
  const hours = Math.floor(s / 3600) % 24;
  const days = Math.floor(s / 86400);
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return `${minutes} min`;
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (button.getAttribute("aria-disabled") === "true" || button.hasAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  try {
    await fetch(event.target.action, { method: "POST", redirect: "manual" });
    await refresh();
  } finally {
    button.removeAttribute("aria-busy");
  }
});

async function keepUp() {
  if (!document.hidden) await refresh();
  setTimeout(keepUp, 1000);
}

tellAges();
keepUp();
