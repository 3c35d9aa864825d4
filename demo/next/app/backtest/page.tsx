import Link from "next/link";
import { BacktestView } from "./backtest-view";

/** A Server Component that is prerendered during the build. The session starts in the page. */
export default function BacktestPage() {
  return (
    <>
      <h1>Backtest</h1>
      <BacktestView />
      <Link href="/">End the session</Link>
    </>
  );
}
