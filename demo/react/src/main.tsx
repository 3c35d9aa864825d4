import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import "./app.css";
import { openTarget } from "./backtest-target.js";

const opening = openTarget(new URLSearchParams(location.search));
const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no element #app");

createRoot(root).render(
  <StrictMode>
    <App opening={opening} />
  </StrictMode>,
);
