// What every page of the app shares: its context, requests that carry the token, events, messages, pictures.

const token = document.querySelector('meta[name="token"]').content;

const SILENT = "The server does not answer: is `fallline ui` still running in its terminal?";

/** A request that the server refused, with its sentence as the message, and the form's field that is wrong, if any. */
export class Refusal extends Error {
  constructor(sentence, field = null) {
    super(sentence);
    this.field = field;
  }
}

/** Return the object that this page renders, which its Python class documents. */
export function context() {
  return JSON.parse(document.getElementById("context").textContent);
}

/** Ask for JSON. Like all requests here it throws a `Refusal` that says, in a sentence, why there is none. */
export const get = (url) => request("GET", url);

/** Send an object as JSON, and return the JSON of the answer. */
export const post = (url, body = {}) => request("POST", url, JSON.stringify(body), "application/json");

/** Send a file (a File, Blob or bytes) as it is. */
export const put = (url, body) => request("PUT", url, body, "application/octet-stream");

/** Delete what an address names. */
export const del = (url) => request("DELETE", url);

async function request(method, url, body, type) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-Fallline-Token"] = token;
  if (type) headers["Content-Type"] = type;
  const response = await reach(url, { method, headers, body });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/** Fetch, and turn whatever went wrong into a sentence. */
async function reach(url, options = {}) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Refusal(SILENT);
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => null);
  throw new Refusal(said?.error ?? `The server answered ${response.status} ${response.statusText}.`, said?.field);
}

/**
 * Hear the events of a feed: `handlers.NAME(data)` for each event of that name, `handlers.end()` for the last.
 * While the page is hidden it does not listen, as a browser opens only a few connections at once; it then catches up.
 * Returns a function that stops listening.
 */
export function events(url, handlers) {
  let source = null, last = 0, over = false;
  const stop = () => {
    source?.close();
    source = null;
  };
  const heard = (name) => (event) => {
    last = Number(event.lastEventId);
    handlers[name]?.(JSON.parse(event.data));
    if (name === "end") finish();
  };
  const lost = () => {
    if (source?.readyState !== EventSource.CLOSED) return say(SILENT); // the browser tries again by itself
    finish();
    say("The server knows this page no longer: open the link that `fallline ui` printed last.");
  };
  const listen = () => {
    if (over || source || document.hidden) return;
    const address = new URL(url, location.href);
    address.searchParams.set("after", last);
    source = new EventSource(address);
    for (const name of new Set([...Object.keys(handlers), "end"])) source.addEventListener(name, heard(name));
    source.addEventListener("error", lost);
    source.addEventListener("open", () => unsay(SILENT));
  };
  const turn = () => (document.hidden ? stop() : listen());
  const finish = () => {
    over = true;
    stop();
    document.removeEventListener("visibilitychange", turn);
    removeEventListener("pagehide", stop);
    removeEventListener("pageshow", listen);
  };
  document.addEventListener("visibilitychange", turn);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", listen);
  listen();
  return finish;
}

/** Say a sentence at the foot of the page, where screen readers hear it too; an empty one takes it away. */
export function say(message) {
  const said = document.getElementById("said");
  if (said.querySelector("p")?.textContent === message) return; // it is read out once
  const close = element("button", { type: "button", class: "quiet", "aria-label": "Dismiss" }, "×");
  close.addEventListener("click", () => say(""));
  said.replaceChildren(...(message ? [element("p", {}, message), close] : []));
  said.hidden = !message;
}

/** Take a sentence away again, where it is the one that stands there. */
function unsay(message) {
  if (document.querySelector("#said p")?.textContent === message) say("");
}

// A refusal that no page has dealt with is said; anything else is a defect, and stays in the console.
addEventListener("unhandledrejection", (event) => {
  if (!(event.reason instanceof Refusal)) return;
  event.preventDefault();
  say(event.reason.message);
});

/**
 * Make an element: `element("p", {class: "muted"}, "text", child)`. Text stays text. An attribute that is true stands
 * by its name alone; one that is false, null or undefined is left out; a function, as in {onclick: f}, is listening.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

const drawing = new WeakMap();
const APART = 250;

/**
 * Put an SVG of the server into an element, in place of what is there. Pictures for one element come one at a time
 * and four times a second at most; of those asked for meanwhile only the last is fetched.
 */
export function picture(host, url) {
  const state = drawing.get(host) ?? { next: null, busy: null };
  drawing.set(host, state);
  state.next = url;
  state.busy ??= draw(host, state).finally(() => (state.busy = null));
  return state.busy;
}

async function draw(host, state) {
  while (state.next !== null) {
    const url = state.next;
    state.next = null;
    const response = await reach(url, { headers: { Accept: "image/svg+xml" } });
    const svg = new DOMParser().parseFromString(await response.text(), "image/svg+xml").documentElement;
    host.replaceChildren(document.importNode(svg, true));
    if (state.next !== null) await new Promise((resolve) => setTimeout(resolve, APART));
  }
}
