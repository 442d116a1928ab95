import { type ActorClass, get, remote } from "../../mod.ts";
import type { SignalHandle } from "./signal.ts";

export class Meter {
  running = 0;
  most = 0;
  async work(signal?: SignalHandle): Promise<void> {
    this.most = Math.max(this.most, ++this.running);
    if (signal !== undefined) await get(signal.pass.remote());
    else for (let i = 0; i < 5; i++) await Promise.resolve();
    this.running--;
  }
  async slow(signal: SignalHandle): Promise<string> {
    await get(signal.pass.remote());
    return "slow";
  }
  quick(): string {
    return "quick";
  }
  peak(): number {
    return this.most;
  }
}

export class Grouped extends Meter {
  static methods = { slow: { concurrencyGroup: "io" } };
}

export const MeterActor: ActorClass<typeof Meter> = remote(Meter);
export const GroupedActor: ActorClass<typeof Grouped> = remote(Grouped, { concurrencyGroups: { io: 2 } });
