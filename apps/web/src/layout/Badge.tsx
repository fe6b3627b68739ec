import type { ReactNode } from "react";

import type { Tone } from "../board/words";

/** A state in one or two words. The colour repeats what the text says. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
