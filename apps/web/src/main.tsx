import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { createApi } from "./api/client";
import { readApiUrl } from "./api/config";
import { sameSiteAddress } from "./api/url";
import { App } from "./App";
import { Misconfigured } from "./layout/Misconfigured";
import "./styles/index.css";

const place = document.getElementById("root");
if (place === null) {
  throw new Error("index.html has no element with the id root");
}

const api = await readApiUrl();
const elsewhere = api.ok ? sameSiteAddress(window.location.href, api.url) : null;
if (elsewhere === null) {
  createRoot(place).render(
    <StrictMode>{api.ok ? <App api={createApi(api.url)} /> : <Misconfigured problem={api.problem} />}</StrictMode>,
  );
} else {
  window.location.replace(elsewhere);
}
