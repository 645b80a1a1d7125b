// Another release is open: what was read from the knowledge is read anew. What the operator
// typed, ticked or asked is none of it, and stays.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Status } from "../backend/backend";
import { useBackend } from "../backend/context";

const READ_FROM_KNOWLEDGE = ["documents", "document", "find"];

export function useSwitched(then: (number: number | null) => void) {
  const backend = useBackend();
  const client = useQueryClient();
  useEffect(
    () =>
      backend.onRelease(async () => {
        for (const key of READ_FROM_KNOWLEDGE) client.invalidateQueries({ queryKey: [key] });
        await client.invalidateQueries({ queryKey: ["status"] });
        then(client.getQueryData<Status>(["status"])?.knowledge?.number ?? null);
      }),
    [backend, client, then],
  );
}
