// Parts that follow a job. The server pushes {"type": "job.progress", "job_id": …, "done": 12, "total": 30, "text": "…"};
// every element with data-live-job="<job id>" and data-live-url="<address of its part>" fetches its part again, at most
// once a second. Without a socket the parts are polled. A part without data-live-job is finished.

const PAUSE = 1000;
const POLL = 3000;
const LONGEST = 30000;
// pushes may be lost: with a socket the parts are still polled, every fifth time
const SLOW = 5;

let socket = null;
let connected = false;
let tries = 0;
let polling = null;
let beats = 0;
const waiting = new Map();
const last = new Map();
const inFlight = new Set();
const again = new Set();

const parts = () => [...document.querySelectorAll("[data-live-job]")];
const jobOf = (message) => message.job_id ?? message.task_id ?? message.id;

export function start() {
  if (!socket) connect();
  if (!polling) polling = setInterval(poll, POLL);
}

function address() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${document.documentElement.dataset.socket}`;
}

function connect() {
  socket = new WebSocket(address());
  socket.addEventListener("open", () => {
    if (tries) for (const part of parts()) fetchSoon(part);
    connected = true;
    tries = 0;
  });
  socket.addEventListener("message", (event) => hear(event.data));
  socket.addEventListener("close", reconnect);
}

function reconnect() {
  connected = false;
  socket = null;
  if (!parts().length) return;
  tries += 1;
  const wait = Math.min(LONGEST, 500 * 2 ** tries) * (0.5 + Math.random() / 2);
  setTimeout(() => socket ?? connect(), wait);
}

function hear(data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return;
  }
  // the socket is silent until somebody says what to listen for
  if (message.type === "connected") socket.send(JSON.stringify({ type: "subscribe", topic: "jobs" }));
  if (message.type === "subscribed") for (const part of parts()) fetchSoon(part);
  document.dispatchEvent(new CustomEvent("live", { detail: message }));
  const job = jobOf(message);
  if (!job) return;
  for (const bar of document.querySelectorAll(`[data-progress-job="${CSS.escape(job)}"]`)) move(bar, message);
  for (const part of parts()) if (part.dataset.liveJob === String(job)) fetchSoon(part);
}

function move(bar, message) {
  const progress = bar.querySelector("progress");
  if (progress && message.total) {
    progress.max = message.total;
    progress.value = message.done ?? 0;
  }
  const words = bar.querySelector("[data-progress-text]");
  if (words && message.text) words.textContent = message.text;
}

function poll() {
  const found = parts();
  if (!found.length) {
    clearInterval(polling);
    polling = null;
    return;
  }
  beats += 1;
  const due = !connected || beats % SLOW === 0;
  if (due && !document.hidden) for (const part of found) fetchSoon(part);
}

function fetchSoon(part) {
  const url = part.dataset.liveUrl;
  if (!url) return;
  if (waiting.has(url)) {
    if (inFlight.has(url)) again.add(url);
    return;
  }
  const wait = Math.max(0, (last.get(url) ?? 0) + PAUSE - Date.now());
  waiting.set(
    url,
    setTimeout(async () => {
      last.set(url, Date.now());
      inFlight.add(url);
      await renew(url);
      inFlight.delete(url);
      waiting.delete(url);
      if (again.delete(url)) for (const still of bySameUrl(url)) fetchSoon(still);
    }, wait),
  );
}

const bySameUrl = (url) => parts().filter((part) => part.dataset.liveUrl === url);

async function renew(url) {
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.status >= 400 && answer.status < 500) {
      for (const part of bySameUrl(url)) delete part.dataset.liveJob;
    }
    if (answer.ok && !answer.redirected) replace(url, await answer.text());
  } catch {
    // the network is away; the next message or poll tries again
  }
}

function replace(url, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = holder.content.firstElementChild;
  if (!fresh) return;
  for (const part of bySameUrl(url)) {
    const copy = fresh.cloneNode(true);
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.replaceWith(copy);
    if (focused) document.getElementById(focused)?.focus();
    window.htmx?.process(copy);
    document.dispatchEvent(new CustomEvent("parts:changed", { detail: { element: copy } }));
  }
}
