// Over all that comes of a release that no customer's operator has yet.
import { useStatus } from "../session/status";
import { strings } from "../shared/strings";

/** The channel of this name is for those who look at what is to come. */
export const isPreview = (channel: string | undefined) => channel === "preview";

export function PreviewLine() {
  const { knowledge } = useStatus();
  if (!knowledge || !isPreview(knowledge.channel)) return null;
  return (
    <p
      role="status"
      className="border-b border-line bg-warn-bg px-9 py-1.5 text-[12.5px] font-medium text-warn narrow:px-5"
    >
      ▲ {strings.reviewing.previewLine(knowledge.number)}
    </p>
  );
}
