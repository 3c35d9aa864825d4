import type { Channel } from "../../src/local/link/link.js";
import type { Frame } from "../../src/local/link/peer.js";
import type { ClientEnd, Connection } from "../simulation/connection.js";
import { SimulatedNetwork } from "../simulation/simulated-network.js";
import type { SimulatedProcess } from "../simulation/simulated-process.js";
import type { Connect } from "../simulation/simulated-socket.js";

/** A network that changes what clients receive. */
export class TamperingNetwork extends SimulatedNetwork {
  /** Returns the frames that the client receives in place of a frame from the server. */
  tamper: (frame: Frame, channel: Channel) => Frame[] = (frame) => [frame];

  protected override connect(process: SimulatedProcess, request: Parameters<Connect>[1], end: ClientEnd): Connection {
    const channel: Channel = new URL(request.url).pathname === "/backtest" ? "control" : "subscription";
    return super.connect(process, request, {
      opened: (protocol) => end.opened(protocol),
      refused: (status) => end.refused(status),
      received: (frames) => end.received(frames.flatMap((frame) => this.tamper(frame, channel))),
      ponged: () => end.ponged(),
      closed: (code, reason, isClean) => end.closed(code, reason, isClean),
    });
  }
}
