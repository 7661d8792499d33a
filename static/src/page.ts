// What every page needs: the reader's colours, their progress, code that scrolls.
//
// Runs in the head before the first paint, so it is small and touches the body
// only when that is there. Does not know the lab.

export {};

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function apply(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

let theme: Theme = THEMES.find((name) => name === stored("bpflab:theme")) ?? "auto";
apply(theme);
document.documentElement.classList.add("js");

/** The button goes round: as the system, light, dark. */
function themeButton(button: HTMLButtonElement): void {
  const label = () => {
    const choice = button.dataset[theme] ?? "";
    button.lastElementChild?.replaceChildren(choice);
    button.setAttribute("aria-label", `${button.dataset["name"]}: ${choice}`);
  };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
    apply(theme);
    label();
    try {
      localStorage.setItem("bpflab:theme", theme);
    } catch {
      // Without storage the choice lasts until the next page.
    }
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector<HTMLButtonElement>("#theme");
  if (button !== null) themeButton(button);
  // Lessons that this browser has seen all checks pass of.
  for (const row of document.querySelectorAll<HTMLElement>("[data-lesson]")) {
    const slug = row.dataset["lesson"]?.split("/").at(-1) ?? "";
    if (stored(`bpflab:passed:${slug}`) !== null) row.classList.add("passed");
  }
  // Code that is wider than its box must be reachable from the keyboard.
  for (const code of document.querySelectorAll<HTMLElement>("pre, .prose table")) {
    if (code.scrollWidth > code.clientWidth || code.scrollHeight > code.clientHeight) code.tabIndex = 0;
  }
});
