import { type SubmitEvent, Suspense, use, useState } from "react";
import { Backtest } from "./backtest-panel.js";
import type { Target } from "./backtest-target.js";

export function App({ opening }: { opening: Promise<Target> }) {
  return (
    <main>
      <h1>Backtest</h1>
      <Suspense fallback={<p className="note">Loading…</p>}>
        <Desk opening={opening} />
      </Suspense>
    </main>
  );
}

/** Asks for the number of slots, and shows the backtest. Closing the panel of the backtest ends the session. */
function Desk({ opening }: { opening: Promise<Target> }) {
  const target = use(opening);
  const [slotCount, setSlotCount] = useState<number>();

  function handleSubmit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    setSlotCount(Number(new FormData(event.currentTarget).get("slots")));
  }

  return (
    <>
      <p className="note">on {target.name}</p>
      {slotCount === undefined ? (
        <form className="panel row" onSubmit={handleSubmit}>
          <label>
            Slots <input name="slots" type="number" min={1} max={9_999} defaultValue={400} required />
          </label>
          <button type="submit" className="primary">
            Start
          </button>
        </form>
      ) : (
        <Backtest target={target} slotCount={slotCount} onClose={() => setSlotCount(undefined)} />
      )}
    </>
  );
}
