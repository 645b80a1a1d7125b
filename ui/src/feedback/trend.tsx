// Bad labels a day: a few bars, and the same in words for whoever does not see them.
import type { DayCount } from "../backend/backend";
import { strings } from "../shared/strings";

const [HEIGHT, BAR, GAP] = [44, 9, 3];

export function Trend({ days }: { days: DayCount[] }) {
  const most = Math.max(1, ...days.map((d) => d.bad));
  const mean = days.reduce((sum, d) => sum + d.bad, 0) / Math.max(1, days.length);
  const total = days.reduce((sum, d) => sum + d.bad, 0);
  return (
    <svg
      role="img"
      aria-label={strings.triage.trend(days.length, total)}
      width={days.length * (BAR + GAP)}
      height={HEIGHT}
      className="shrink-0"
    >
      {days.map((d, i) => {
        const height = Math.max(2, (d.bad / most) * HEIGHT);
        // Twice as many as usual are seen at once.
        const many = d.bad > 2 * mean;
        return (
          <rect
            key={d.day}
            x={i * (BAR + GAP)}
            y={HEIGHT - height}
            width={BAR}
            height={height}
            rx={2}
            fill={many ? "var(--warn)" : "var(--accent)"}
            opacity={many ? 0.9 : 0.55}
          >
            <title>{strings.triage.trendDay(d.day, d.bad, d.good)}</title>
          </rect>
        );
      })}
    </svg>
  );
}
