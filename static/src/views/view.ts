// What every view is: a piece of the page that draws itself from the state.
//
// Does not know any particular view.

import type { State } from "../state";
import type { Story } from "../story";
import type { Change } from "../wire";

/** Asks for a change; its answer stands under `about`. */
export type Send = (about: string, change: Change) => void;

/** Leads to a line of the source. */
export type Go = (file: string, line: number) => void;

export interface View {
  readonly root: HTMLElement;
  /** Called at most once a frame, whenever something may have changed. */
  draw(state: State, story: Story | null): void;
  /** What stands beside the panel's name, such as a count; empty for nothing. */
  badge?(story: Story | null, state: State): string;
  /** Whether the panel is offered at all; always, when missing. */
  wanted?(story: Story | null, state: State): boolean;
}

/** Says whether `part` is another one than at the last call: a view draws only then. */
export function watcher(): (story: Story | null, part: unknown) => boolean {
  let last: Story | null | undefined;
  let lastPart: unknown;
  return (story, part) => {
    if (story === last && part === lastPart) return false;
    last = story;
    lastPart = part;
    return true;
  };
}
