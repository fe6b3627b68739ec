import type { ReactNode } from "react";

import { Logo } from "./Logo";

/** The page's head: its name, and on the right what belongs to whoever is signed in. */
export function Header({ children }: { children?: ReactNode }) {
  return (
    <header className="head">
      <h1>
        <Logo />
        <span>
          Forma3D<span className="head-dot">.</span>Connect
        </span>
      </h1>
      {children}
    </header>
  );
}
