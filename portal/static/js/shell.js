// The frame: theme, menus, sheets, toasts.
const root = document.documentElement;
root.classList.add("has-js");

function showTheme(theme) {
  if (theme) {
    root.dataset.bsTheme = theme;
    delete root.dataset.themeAuto;
  } else {
    delete root.dataset.bsTheme;
    root.dataset.themeAuto = "";
  }
  for (const button of document.querySelectorAll("[data-theme-form] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  document.dispatchEvent(new Event("portal:theme"));
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
  showTheme(theme);
});

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const results = document.getElementById("search-results");
  if (results && !event.target.closest(".topbar-search")) results.replaceChildren();
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast-note").remove();
  if (event.target.closest("[data-close-sheet]")) closeSheet(event);
});

function closeSheet(event) {
  const sheet = document.querySelector(":target:is(.sidebar, .facets, .cart-panel)");
  if (!sheet) return;
  event.preventDefault();
  const opener = document.querySelector(`a[href="#${sheet.id}"]`);
  location.replace("#");
  opener?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  document.getElementById("search-results")?.replaceChildren();
  closeSheet(event);
});

const ICONS = { error: "alert-circle", warning: "alert-triangle", info: "info-circle", success: "circle-check" };

export function toast(message, tone = "success") {
  const sprite = document.querySelector("svg.icon use")?.getAttribute("href").split("#")[0] ?? "";
  const note = document.createElement("div");
  note.className = `toast-note toast-${tone}`;
  note.setAttribute("role", tone === "error" ? "alert" : "status");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${ICONS[tone] ?? ICONS.info}`);
  icon.append(use);
  const text = document.createElement("span");
  text.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  note.append(icon, text, close);
  document.getElementById("toasts").append(note);
  expire(note);
}

// what is in the way is never out of sight: far below it, in a cart of two hundred lines, nothing would seem to happen
document.addEventListener("htmx:afterSettle", (event) => {
  const found = event.detail.elt?.querySelector?.(".findings");
  if (!found) return;
  const { top, bottom } = found.getBoundingClientRect();
  if (top >= 0 && bottom <= window.innerHeight) return;
  found.scrollIntoView({ block: "center" });
  found.focus({ preventScroll: true });
});

function expire(note) {
  if (note.classList.contains("toast-error")) return;
  let timer = setTimeout(() => note.remove(), 6000);
  note.addEventListener("mouseenter", () => clearTimeout(timer));
  note.addEventListener("mouseleave", () => (timer = setTimeout(() => note.remove(), 3000)));
}

document.querySelectorAll(".toast-note").forEach(expire);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  source.select();
  try {
    await navigator.clipboard.writeText(source.value);
    toast("Copied.");
  } catch {
    toast("The text is selected: copy it with Ctrl+C.", "info");
  }
});

// answers say `HX-Trigger: {"toast": {"message": "…", "tone": "success"}}`
document.addEventListener("toast", (event) => toast(event.detail.message, event.detail.tone));
document.addEventListener("htmx:sendError", () => toast("The portal cannot be reached. Nothing was changed; try again.", "error"));
document.addEventListener("htmx:responseError", () => toast("Something went wrong on our side. Try again in a moment.", "error"));
