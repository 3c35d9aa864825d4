export { receivePageLife, sharePageLife } from "../transport/page-event-bridge.js";
export type { PageEvent, PageLife } from "../transport/platform.js";
