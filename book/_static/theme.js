// Runs before the page is drawn, so that a reader's chosen theme never flashes the other one first.
try {
  document.body.dataset.theme = localStorage.getItem("theme") || "auto";
} catch {
  // Storage is refused (a private window, or a page opened from disk): follow the system.
}
