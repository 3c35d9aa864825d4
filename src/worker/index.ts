export type { PageEvent, PageLife } from "../transport/platform.js";
export { receivePageLife, sharePageLife } from "./page-life.js";
