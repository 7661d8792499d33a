// Follows the kernels that are being prepared, until none is.
//
// Asks the server now and then, and only while the page is seen. Does not know
// who shows it.

import type { KernelPlace } from "./config";

/** Between two questions, in ms: about as soon as a person would look again. */
const EVERY_MS = 1_500;

/** One kernel is made ready after the other, with pauses between them that are shorter than this, in ms. */
const QUIET_MS = 10_000;

const prepares = (places: KernelPlace[]) => places.some(({ state }) => state === "preparing");

/** Tells how the places are by now, for as long as one of `places` is being prepared. */
export function follow(places: KernelPlace[], lang: string, tell: (places: KernelPlace[]) => void): void {
  if (!prepares(places)) return;
  let last = Date.now();

  async function ask(): Promise<void> {
    if (!document.hidden) {
      try {
        const now = (await (await fetch(`/api/kernels?lang=${lang}`)).json()) as KernelPlace[];
        if (prepares(now)) last = Date.now();
        tell(now);
        if (Date.now() - last > QUIET_MS) return;
      } catch {
        // The server may be back by the next time.
      }
    }
    setTimeout(() => void ask(), EVERY_MS);
  }

  setTimeout(() => void ask(), EVERY_MS);
}
