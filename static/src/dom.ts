// Making elements, without ever parsing HTML.
//
// The one way by which anything gets into the page: text becomes text nodes.
// Does not know what is shown.

type Child = Node | string | null;
type Attributes = Record<string, string | boolean | ((event: Event) => void)>;

/** An element; a function among the attributes is a listener for the event of that name, `true` an empty attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Sets text only where it differs: an unchanged live region stays silent, an unchanged cell costs no layout. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A button that never submits a form. */
export function button(text: string, press: () => void, kind = "quiet"): HTMLButtonElement {
  return h("button", { type: "button", class: kind, click: press }, text);
}

/** A table in a box that scrolls by itself and can be scrolled from the keyboard. */
export function table(label: string, columns: string[]): { box: HTMLElement; body: HTMLElement; head: HTMLElement } {
  const head = h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)));
  const body = h("tbody");
  const box = h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": label },
    h("table", { class: "grid" }, h("thead", {}, head), body),
  );
  return { box, body, head };
}
