// The one confirm dialog, the drawer, and dialogs that a button opens.
const confirmDialog = document.getElementById("confirm");
const drawer = document.getElementById("drawer");
const approved = new WeakSet();

function ask(element, question) {
  document.getElementById("confirm-title").textContent = element.dataset.confirmTitle ?? "Are you sure?";
  document.getElementById("confirm-text").textContent = question;
  const yes = document.getElementById("confirm-yes");
  yes.textContent = element.dataset.confirmYes ?? (element.matches("button") ? element.innerText.trim() : "Confirm");
  yes.className = `btn ${element.dataset.confirmTone === "danger" ? "btn-danger" : "btn-primary"}`;
  confirmDialog.returnValue = "";
  confirmDialog.showModal();
  // Enter goes on with what was asked for; what hurts starts at "Go back"
  if (element.dataset.confirmTone !== "danger") yes.focus();
  return new Promise((resolve) =>
    confirmDialog.addEventListener("close", () => resolve(confirmDialog.returnValue === "yes"), { once: true }),
  );
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const asker = event.submitter?.dataset.confirm ? event.submitter : form.dataset.confirm ? form : null;
  if (!asker || approved.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  if (await ask(asker, asker.dataset.confirm)) {
    approved.add(form);
    form.requestSubmit(submitter);
  }
}, true);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-confirm]");
  if (!link || approved.delete(link)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(link, link.dataset.confirm)) {
    approved.add(link);
    link.click();
  }
}, true);

document.addEventListener("htmx:confirm", async (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  if (await ask(event.detail.elt, event.detail.question)) event.detail.issueRequest(true);
});

// <a href="/page/" hx-get="/page/" hx-target="#drawer-body" data-drawer="Title">
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "drawer-body") return;
  document.getElementById("drawer-title").textContent = event.detail.requestConfig?.elt?.dataset.drawer ?? "Details";
  if (!drawer.open) drawer.showModal();
});
// answers say `HX-Trigger: close-drawer` when the work in it is done
document.addEventListener("close-drawer", () => drawer.close());

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog).showModal();
  if (event.target === drawer) drawer.close();
});
