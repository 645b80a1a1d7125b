import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { BackendProvider } from "./backend/context";
import { tauri } from "./backend/tauri";
import "./styles.css";

// Everything is on this machine: a failed question is not asked again by itself.
const client = new QueryClient({
  defaultOptions: {
    queries: { retry: false, refetchOnWindowFocus: false, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <BackendProvider value={tauri}>
          <App />
        </BackendProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
