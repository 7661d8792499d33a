// Files that come after the page: beside this script and of the same version,
// so that all come from one build.
//
// Does not know what is in them.

export function beside(name: string): string {
  const url = new URL(name, import.meta.url);
  url.search = new URL(import.meta.url).search;
  return url.href;
}

/** A style sheet, once for each page; resolves when it is in force. */
export function wear(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = beside(name);
    link.onload = () => resolve();
    link.onerror = () => reject(new Error(`${name} did not come`));
    document.head.append(link);
  });
}
