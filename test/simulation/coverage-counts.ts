import type { ScriptedFault } from "./fault-script.js";
import type { Scenario } from "./scenario.js";

/** Counts the scenarios and faults that the seeds of a run have selected, to detect a scenario or a fault that never occurs. */
export class CoverageCounts {
  readonly #groups = new Map<string, Map<string, number>>();

  /** @param injected the injected faults, with one entry for each injection */
  add(scenario: Scenario, faults: readonly ScriptedFault[], injected: readonly string[]): void {
    this.#count("consumers", scenario.consumer);
    for (const { kind, config } of scenario.subscriptions) {
      this.#count("subscriptions", config === undefined ? kind : `${kind} intraSlot`);
    }
    for (const [name, isDrawn] of Object.entries(traitsOf(scenario))) if (isDrawn) this.#count("worlds", name);
    for (const { action } of faults) {
      if (action.type === "refuseUpgrade") this.#count("refused upgrades", `${action.status}`);
      if (action.type === "refuseSubscribe") this.#count("refused subscribes", `${action.code}`);
      if (action.type === "close") this.#count("close codes", `${action.code}`);
    }
    for (const name of injected) this.#count("injected faults", name);
  }

  /** One line for each group. Within a line, the most frequent value comes first. */
  get lines(): string[] {
    return [...this.#groups].map(([group, counts]) => {
      const entries = [...counts].sort(([a, left], [b, right]) => right - left || a.localeCompare(b));
      return `${group}: ${entries.map(([name, count]) => `${name} ${count}`).join(", ")}`;
    });
  }

  #count(group: string, name: string): void {
    const counts = this.#groups.get(group) ?? new Map<string, number>();
    this.#groups.set(group, counts);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

function traitsOf({ client, ...scenario }: Scenario): Record<string, boolean> {
  return {
    page: scenario.hasPage,
    parallel: scenario.isParallel,
    flapping: scenario.isFlapping,
    zstd: client.compression === "zstd" && scenario.server.compression === true,
    "no close echo": !scenario.echoesClose,
    "late acknowledgements": scenario.acknowledgesLate,
    "event mark": client.maxBufferedEvents < 10_000,
    "byte mark": client.maxBufferedBytes < 1_000_000,
    "slow consumer": scenario.slowMs > 0,
    "leaves its loop": scenario.breaks > 0,
    "keeps until handled": scenario.keepsUntilHandled,
    "skipped slots": (scenario.server.skipRate ?? 0) > 0,
  };
}

/** Returns the name of a fault in `CoverageCounts`: its type, and the values that distinguish its variants. */
export function nameFault(action: ScriptedFault["action"]): string {
  switch (action.type) {
    case "cut":
    case "halfOpen":
      return `${action.type} ${action.direction}`;
    case "close":
      return action.losesData ? "close and lose data" : "close";
    case "restart":
      return action.keepsSessions ? "restart" : "restart without sessions";
    case "lostCreate":
    case "lostContinue":
      return `${action.type}${action.reachesServer ? " after its arrival" : ""}${action.isSilent ? ", silent" : ""}`;
    case "killAndResume":
      return action.resumers === 2 ? "kill and two resumers" : "kill and resume";
    default:
      return action.type;
  }
}
