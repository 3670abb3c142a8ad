// The small things every page has: theme, menus, dialogs, copying, keys. Charts, live parts and tables come on demand.

const root = document.documentElement;
root.classList.add("js");

const YEAR = 60 * 60 * 24 * 365;
const kept = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      // storage may be refused; the cookie still carries the theme
    }
  },
};

export function say(text) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.textContent = text;
  document.getElementById("toasts")?.append(toast);
  setTimeout(() => toast.remove(), 4000);
}

// --- theme ---------------------------------------------------------------------------------

function setTheme(theme) {
  root.dataset.theme = theme;
  kept.set("ll.theme", theme);
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  showTheme();
  document.dispatchEvent(new CustomEvent("themechange"));
}

function showTheme() {
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === root.dataset.theme));
  }
}

const cookieTheme = document.cookie.match(/(?:^|; )theme=(light|dark|system)/)?.[1];
if (!cookieTheme && kept.get("ll.theme")) setTheme(kept.get("ll.theme"));
showTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  document.dispatchEvent(new CustomEvent("themechange")),
);

// --- menus, dialogs, copying ---------------------------------------------------------------

const openMenus = () => [...document.querySelectorAll("details[data-dismiss][open]")];

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    say("Could not copy. Select the text and press Ctrl+C.");
  }
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  const target = event.target.closest?.("[data-set-theme],[data-opens],[data-closes],[data-copies],[data-submits]");
  if (!target) return;
  const { setTheme: theme, opens, copies } = target.dataset;
  if (theme) setTheme(theme);
  else if (opens) document.getElementById(opens)?.showModal?.();
  else if (copies !== undefined) copy(copies || location.href);
  else target.closest("dialog")?.close();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-keys-off]")) kept.set("ll.keys", event.target.checked ? "off" : "on");
  if (event.target.matches("[data-submits]")) event.target.form?.requestSubmit();
});

// --- keys ----------------------------------------------------------------------------------

const typing = (target) => target.closest?.("input, select, textarea, [contenteditable]");

function escape() {
  const menus = openMenus();
  if (!menus.length) return press("Escape");
  const last = menus.at(-1);
  last.open = false;
  last.querySelector("summary")?.focus();
  return true;
}

function press(key) {
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  target?.click();
  return Boolean(target);
}

function search() {
  const field = document.querySelector("[data-search], input[type=search]");
  if (!field) return press("/");
  field.focus();
  field.select?.();
  return true;
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.().catch(() => say("Full screen is not allowed here."));
  return true;
}

function twins() {
  const all = [...document.querySelectorAll("details[data-twin]")];
  const open = !all.some((twin) => twin.open);
  for (const twin of all) twin.open = open;
  return all.length > 0;
}

function help() {
  document.getElementById("keys")?.showModal?.();
  return true;
}

const KEYS = { "/": search, G: fullScreen, T: twins, "?": help, Escape: escape };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (typing(event.target)) {
    if (key === "Escape") event.target.blur();
    return;
  }
  if (kept.get("ll.keys") === "off" && key !== "Escape") return;
  if ((KEYS[key] ?? (() => press(key)))()) event.preventDefault();
});

if (location.hash === "#search") search();

const off = document.querySelector("[data-keys-off]");
if (off) off.checked = kept.get("ll.keys") === "off";

// --- modules on demand ---------------------------------------------------------------------

const WANTED = [
  ["[data-chart]", "chartJs"],
  ["[data-live-job]", "liveJs"],
  ["table[data-sortable]", "tableJs"],
];

async function wake(within = document) {
  for (const [selector, module] of WANTED) {
    const found = [...within.querySelectorAll(selector)];
    if (within.matches?.(selector)) found.push(within);
    if (!found.length) continue;
    const { start } = await import(root.dataset[module]);
    for (const element of found) start(element);
  }
}

document.addEventListener("htmx:afterSettle", (event) => wake(event.detail.elt));
document.addEventListener("parts:changed", (event) => wake(event.detail.element));
wake();
