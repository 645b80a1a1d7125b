// Who speaks to whom: what the tenant's greeting and closing have in them.
import { useMemo } from "react";
import { useNamed } from "../ask/named";
import type { Names } from "../backend/backend";
import { usePreferences } from "../shared/preferences";

export function useNames(): Names {
  const { operator } = usePreferences().preferences;
  const { name } = useNamed();
  return useMemo(() => ({ customer: name || null, operator: operator.trim() || null }), [name, operator]);
}
