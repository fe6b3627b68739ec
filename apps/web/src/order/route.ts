import { useSyncExternalStore } from "react";

const NAME = "order";

/** The address of an order's page, which can be shared. */
export function hrefOf(orderId: string): string {
  return `?${NAME}=${encodeURIComponent(orderId)}`;
}

/** Shows an order, or the board again, without loading the page anew. */
export function show(orderId: string | null): void {
  window.history.pushState(null, "", orderId === null ? window.location.pathname : hrefOf(orderId));
  window.dispatchEvent(new PopStateEvent("popstate"));
  window.scrollTo(0, 0);
}

/** The order that the address names; null for the board. */
export function useShownOrder(): string | null {
  return useSyncExternalStore(subscribe, shownOrder);
}

function shownOrder(): string | null {
  return new URLSearchParams(window.location.search).get(NAME);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("popstate", changed);
  return () => {
    window.removeEventListener("popstate", changed);
  };
}
