import type { ReactNode } from "react";

interface Props {
  name: string;
  height: number;
  children: ReactNode;
}

/** A long table in a short place, which the keyboard can scroll too. */
export function Scroll({ name, height, children }: Props) {
  return (
    <section
      className="scroll"
      aria-label={name}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      style={{ maxHeight: height, overflowY: "auto" }}
    >
      {children}
    </section>
  );
}
