// Keyboard: every visible element with data-key is pressed or focused by it; `?` lists them. "g h" is two keys in a row.
// Single keys can be switched off in the `?` dialog (WCAG 2.1.4).
const dialog = document.getElementById("keys");
const list = document.getElementById("keys-list");
const onSwitch = document.getElementById("keys-on");
let first = "";
let firstAt = 0;

onSwitch.checked = localStorage.getItem("keys") !== "off";
onSwitch.addEventListener("change", () => localStorage.setItem("keys", onSwitch.checked ? "on" : "off"));

const typing = (element) => element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const visible = (element) => element.closest("details.menu:not([open]) .menu-panel") || element.checkVisibility({ visibilityProperty: true });
const scope = () => document.querySelector("dialog[open]") ?? document;

function found(key) {
  return [...scope().querySelectorAll("[data-key]")].filter((element) => element.dataset.key === key && visible(element))[0];
}

function press(element) {
  if (element.matches("input:not([type=checkbox]), textarea, select")) {
    element.focus();
    element.select?.();
  } else element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key.length > 1 || event.key === " " || (!onSwitch.checked && event.key !== "?")) return;
  const now = event.timeStamp;
  const pair = now - firstAt < 1200 && first ? found(`${first} ${event.key}`) : null;
  const element = pair ?? found(event.key);
  first = element ? "" : event.key;
  firstAt = now;
  if (!element) return;
  event.preventDefault();
  press(element);
});

function rowOf(key, label) {
  const line = document.createElement("div");
  const name = document.createElement("dd");
  const keys = document.createElement("dt");
  name.textContent = label;
  for (const part of key.split(" ")) {
    const kbd = document.createElement("kbd");
    kbd.textContent = part;
    keys.append(kbd, " ");
  }
  line.append(name, keys);
  return line;
}

new MutationObserver(() => {
  if (!dialog.open) return;
  const lines = [...document.querySelectorAll("[data-key]")]
    .filter((element) => !element.closest("dialog") && visible(element))
    .map((element) => [element.dataset.key, element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? element.innerText.trim()]);
  if (document.querySelector("[data-rows]")) lines.push(["j", "Next line"], ["k", "Line before"], ["Enter", "Open the line"], ["x", "Select the line"]);
  list.replaceChildren(...[...new Map(lines)].map(([key, label]) => rowOf(key, label)));
}).observe(dialog, { attributes: true, attributeFilter: ["open"] });
