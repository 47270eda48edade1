// Small services to the reader: copy buttons on code, and keyboard access to boxes that scroll sideways.

function addCopyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy this code");
  const code = block.querySelector("pre");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent.trimEnd());
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.append(button);
}

function markScrollers() {
  for (const box of document.querySelectorAll(".math-scroll, .table-wrapper, .highlight pre, .output")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

document.querySelectorAll(".cell_input .highlight, [class*='highlight-'] > .highlight").forEach((block) => {
  if (!block.closest(".cell_output") && !block.querySelector(".copy-button")) addCopyButton(block);
});
markScrollers();
addEventListener("resize", markScrollers);
document.fonts?.ready.then(markScrollers);
