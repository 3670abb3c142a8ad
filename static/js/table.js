// Sorts the rows of <table data-sortable> in place. A cell may carry its plain value in data-sort.

const MISSING = new Set(["", "–", "n/a"]);

export function start(table) {
  if (table.dataset.sortable === "ready") return;
  table.dataset.sortable = "ready";
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const words = head.textContent.trim();
    if (!words || head.querySelector("a, button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = words;
    button.addEventListener("click", () => sort(table, heads, column));
    head.replaceChildren(button);
  });
}

function sort(table, heads, column) {
  const head = heads[column];
  const first = head.classList.contains("num") ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  for (const each of heads) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => !row.dataset.fixed);
    const fixed = [...body.rows].filter((row) => row.dataset.fixed);
    rows.sort((a, b) => compare(key(a.cells[column]), key(b.cells[column]), sign));
    body.append(...rows, ...fixed);
  }
}

function key(cell) {
  if (!cell) return null;
  const text = cell.dataset.sort ?? cell.textContent.trim();
  if (MISSING.has(text)) return null;
  const number = Number(text.replace(/[\s\u202f,%]/g, ""));
  return Number.isNaN(number) ? text.toLowerCase() : number;
}

function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
}
