// What a model could not do, what was done instead, and the one next step.
import { useAsking } from "../ask/conversation";
import type { Notice } from "../backend/backend";
import { useAccount } from "../session/account";
import { More } from "../shared/more";
import { plain } from "../shared/plain";
import { strings } from "../shared/strings";
import { Button } from "../shared/ui";

type Props = {
  notices: Notice[];
  incomplete: boolean;
  onAgain: (() => void) | null;
  onGoOn: (() => void) | null;
};

export function Notices({ notices, incomplete, onAgain, onGoOn }: Props) {
  const { signingIn } = useAccount();
  const { signIn } = useAsking();
  if (notices.length === 0) return null;
  const away = notices.some((n) => n.fault === "sign_in");
  return (
    <div
      className="mb-2 flex items-start gap-3 rounded-lg bg-warn-bg px-2.5 py-2 text-[12.5px] text-warn"
      role="status"
    >
      <div className="min-w-0 flex-1">
        {notices.map((n) => {
          const why = plain(n.message, "");
          return (
            <div key={n.about} className="break-words">
              <b className="font-semibold">▲ {strings.notice(n.about, incomplete)}</b> {why.words && `${why.words}.`}
              {why.more && <More words={why.more} />}
            </div>
          );
        })}
      </div>
      {away ? (
        <Button onClick={signIn} disabled={signingIn}>
          {signingIn ? strings.signingIn : strings.signIn}
        </Button>
      ) : (
        <>
          {onGoOn && (
            <Button onClick={onGoOn} keys="mod+shift+R">
              {strings.goOn}
            </Button>
          )}
          {onAgain && (
            <Button onClick={onAgain} keys="mod+R">
              {strings.askAgain}
            </Button>
          )}
        </>
      )}
    </div>
  );
}
