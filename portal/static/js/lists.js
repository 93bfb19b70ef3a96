// Lists: j/k move through the rows of [data-rows], Enter opens, x selects; the bulk bar counts and adds up.
const rows = () => [...document.querySelectorAll("[data-rows] > [data-row]")];
const current = () => document.querySelector("[data-rows] > .is-current");
const opener = (row) => row.querySelector("[data-open]") ?? row.querySelector("a[href]");

function go(row, { act = true } = {}) {
  if (!row) return;
  current()?.classList.remove("is-current");
  row.classList.add("is-current");
  row.scrollIntoView({ block: "nearest" });
  opener(row)?.focus({ preventScroll: true });
  if (act && row.closest("[data-rows]").dataset.rows === "preview") opener(row)?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select") || localStorage.getItem("keys") === "off") return;
  const all = rows();
  if (!all.length || !["j", "k", "x", "Enter"].includes(event.key)) return;
  const at = all.indexOf(current());
  if (event.key === "Enter") {
    if (event.target === document.body && at >= 0) opener(all[at])?.click();
    return;
  }
  event.preventDefault();
  if (event.key === "x") all[at]?.querySelector("[data-row-check]")?.click();
  else go(all[Math.min(all.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))]);
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] > [data-row]");
  if (row && row !== current()) {
    current()?.classList.remove("is-current");
    row.classList.add("is-current");
  }
  if (event.target.closest("[data-select-none]")) choose(event.target.closest("form"), false);
});

// after a decision the server answers without the row: the next one opens by itself
document.addEventListener("htmx:beforeSwap", (event) => {
  const row = event.detail.target.closest?.("[data-row].is-current");
  if (row && event.detail.target === row) row.parentElement.dataset.resume = String(rows().indexOf(row));
});
document.addEventListener("htmx:afterSettle", () => {
  const list = document.querySelector("[data-rows][data-resume]");
  if (!list) return;
  const all = rows();
  const at = Number(list.dataset.resume);
  delete list.dataset.resume;
  if (!current()) go(all[Math.min(at, all.length - 1)]);
});

function choose(form, on) {
  for (const box of form.querySelectorAll("[data-row-check]")) box.checked = on;
  tally(form);
}

function tally(form) {
  const boxes = [...form.querySelectorAll("[data-row-check]")];
  const chosen = boxes.filter((box) => box.checked);
  const bar = form.querySelector("[data-bulk-bar]");
  const all = form.querySelector("[data-select-all]");
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  if (!bar) return;
  bar.querySelector("[data-bulk-count]").textContent = String(chosen.length);
  const cents = new Map();
  for (const box of chosen) {
    if (!box.dataset.amount) continue;
    const money = box.dataset.currency ?? "";
    cents.set(money, (cents.get(money) ?? 0) + Math.round(Number(box.dataset.amount) * 100));
  }
  bar.querySelector("[data-bulk-sum]").textContent = [...cents]
    .map(([money, sum]) => ` · ${(sum / 100).toLocaleString("en-US", { minimumFractionDigits: 2 })} ${money}`)
    .join("");
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-select-all]")) choose(form, event.target.checked);
  else tally(form);
});
document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("form[data-bulk]").forEach(tally));
document.querySelectorAll("form[data-bulk]").forEach(tally);

// A button that fills a field: "All 10" beside a quantity.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-fill]");
  if (!button) return;
  const field = document.getElementById(button.dataset.fill);
  field.value = button.dataset.value;
  field.focus();
});
