import type { ReactNode } from "react";

/** A page with nothing but a message on it. */
export function Message({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="message">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
