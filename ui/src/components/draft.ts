import { useState } from "react";

interface Draft {
  text: string;
  tag: string;
}

/** What somebody writes, with the tag of what they had before them as they began: when that changes
 * meanwhile, what they wrote stays, and is refused at its saving instead of undoing the change. */
export function useDraft(begin: string, tag: string) {
  const [mine, setMine] = useState<Draft | null>(null);
  return {
    text: mine?.text ?? begin,
    tag: mine?.tag ?? tag,
    write: (text: string) => setMine({ text, tag: mine?.tag ?? tag }),
  };
}
