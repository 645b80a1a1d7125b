// Which parts of the window are drawn: each that is watched tells when anything in it is.
import { memo, Profiler } from "react";
import type { Turn } from "./ask/turns";

export const drawn: string[] = [];

type Part = React.ComponentType<{ turn?: Turn }>;

/** The module with that part watched; a part of a turn is told by its turn's question. */
export function watched(module: Record<string, unknown>, name: string) {
  const Watched = module[name] as Part;
  const Watch: Part = (props) => (
    <Profiler id={props.turn ? `${name} of ${props.turn.question}` : name} onRender={(id) => void drawn.push(id)}>
      <Watched {...props} />
    </Profiler>
  );
  // Drawn by those around it just as often as without.
  return { ...module, [name]: typeof Watched === "function" ? Watch : memo(Watch) };
}
