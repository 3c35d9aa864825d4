import Link from "next/link";
import { client } from "./simulator-target";

/** Renders the page for each request, because the ranges of the simulator can change. */
export const dynamic = "force-dynamic";

/** A Server Component that calls the simulator from the server. */
export default async function StartPage() {
  const ranges = await client.availableRanges();
  return (
    <>
      <h1>Backtest</h1>
      <h2>Available slots</h2>
      <ul>
        {ranges.map(({ bundleStartSlot, maxBundleEndSlot = bundleStartSlot }) => (
          <li key={String(bundleStartSlot)}>
            {String(bundleStartSlot)} to {String(maxBundleEndSlot)}
          </li>
        ))}
      </ul>
      <Link href="/backtest">Run a backtest</Link>
    </>
  );
}
