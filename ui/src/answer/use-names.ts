// Who speaks to whom: what the tenant's greeting and closing have in them.
import { useMemo } from "react";
import type { Names } from "../backend/backend";
import { usePreferences } from "../shared/preferences";

export function useNames(): Names {
  const { operator } = usePreferences().preferences;
  return useMemo(() => ({ customer: null, operator: operator.trim() || null }), [operator]);
}
