// Dark or light: as the system has it until somebody chooses; the choice is remembered.
import { setIcon } from "./icons.js";

const KEY = "lcpipe-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function current() {
  return localStorage.getItem(KEY) ?? (system.matches ? "dark" : "light");
}

function show() {
  const theme = current();
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  setIcon(button, theme === "dark" ? "sun" : "moon");
  button.setAttribute("aria-label", theme === "dark" ? "Light colours" : "Dark colours");
  document.dispatchEvent(new CustomEvent("theme"));
}

document.getElementById("theme").addEventListener("click", () => {
  localStorage.setItem(KEY, current() === "dark" ? "light" : "dark");
  show();
});
system.addEventListener("change", show);
show();
