// Keeps the page in step with the stack: asks for what has changed every second, for the console
// every third, and changes only those nodes, so that open details, chosen tabs, what is typed, focus,
// selection and scroll stay as they are.
"use strict";

const console_ = document.getElementById("console");
const said = document.getElementById("said");
const lost = document.getElementById("lost");
let tag = "";

async function refresh() {
  try {
    const answer = await fetch("/live", {
      headers: tag ? { "If-None-Match": tag } : {},
      signal: AbortSignal.timeout(5000),
    });
    if (answer.status === 200) {
      const fresh = parsed(await answer.text());
      tag = answer.headers.get("ETag") ?? "";
      for (const part of fresh.children) matchChildren(document.getElementById(part.id), part);
    }
    lost.hidden = answer.ok || answer.status === 304;
  } catch {
    lost.hidden = false;
  }
}

async function look() {
  try {
    const answer = await fetch("/console" + location.search, { signal: AbortSignal.timeout(9000) });
    if (answer.ok && !busy) matchChildren(console_, parsed(await answer.text()));
  } catch {
    // The other question says so, and both are asked again.
  }
}

function parsed(text) {
  const fresh = document.createElement("template");
  fresh.innerHTML = text;
  return fresh.content;
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
  matchChildren(old, fresh);
}

// What is open or chosen is up to the reader, not to the server.
function theReaders(element, attribute) {
  return (
    (element.localName === "details" && attribute === "open") ||
    (element.localName === "input" && attribute === "checked") ||
    (element.localName === "option" && attribute === "selected") ||
    attribute === "aria-busy"
  );
}

let busy = false;
let spent;

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const button = event.submitter;
  if (button.getAttribute("aria-disabled") === "true" || button.hasAttribute("aria-busy")) return;
  if (button.dataset.confirm && !confirm(button.dataset.confirm)) return;
  button.setAttribute("aria-busy", "true");
  busy = true;
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: "POST", body });
    if (form.id === "tocsin-orders") tell(parsed(await answer.text()));
    await refresh();
  } finally {
    busy = false;
    button.removeAttribute("aria-busy");
  }
});

function tell(page) {
  const fresh = page.getElementById("console");
  if (!fresh) return;
  const told = fresh.querySelector("#t-told");
  said.textContent = told ? told.textContent : "";
  clearTimeout(spent);
  spent = setTimeout(() => (said.textContent = ""), 15000);
  if (told) told.remove();
  matchChildren(console_, fresh);
}

async function keepUp(times) {
  if (!document.hidden) {
    await refresh();
    if (times % 3 === 0 && !busy) await look();
  }
  setTimeout(keepUp, 1000, times + 1);
}

keepUp(1);
