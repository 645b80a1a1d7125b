import { strings } from "../shared/strings";

export function Logo() {
  return (
    <div className="flex items-center gap-2 px-2 font-[650]">
      <svg
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        className="size-5 text-accent"
        aria-hidden="true"
      >
        <path d="M4 10h16c0 5-2.5 8-5 9v2H9v-2c-2.5-1-5-4-5-9z" />
        <path d="M14 10l5-7" />
      </svg>
      {strings.appName}
    </div>
  );
}
