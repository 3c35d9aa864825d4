// The arrows of the design, as rules: session → channels → connection → transport → protocol → codec; http → protocol; client
// above session and http; react and cli above client; local on protocol and codec alone. A room may import what lies further
// down its arrows too. To add a room, give it a row in ROOMS.

/** What each room under src/ may import besides itself. */
const ROOMS = {
  codec: [],
  protocol: ["codec"],
  transport: ["protocol", "codec"],
  connection: ["transport", "protocol", "codec"],
  channels: ["connection", "transport", "protocol", "codec"],
  session: ["channels", "connection", "transport", "protocol", "codec"],
  client: ["session", "channels", "connection", "transport", "protocol", "codec"],
  local: ["protocol", "codec"],
  react: ["client", "session", "channels", "connection", "transport", "protocol", "codec"],
  cli: ["client", "session", "channels", "connection", "transport", "local", "protocol", "codec"],
};

/** The rooms inside src/local/, in the same way. `wire` is what the server says and reads; `engine` what executes. */
const LOCAL_ROOMS = {
  wire: [],
  engine: ["wire"],
  link: ["wire"],
  notifications: ["engine", "wire"],
  extras: ["notifications", "engine", "wire", "link"],
  session: ["extras", "notifications", "engine", "link", "wire"],
  rpc: ["session", "extras", "notifications", "engine", "wire"],
  control: ["session", "extras", "engine", "link", "wire"],
  subscriptions: ["rpc", "session", "notifications", "link", "wire"],
  server: ["control", "subscriptions", "rpc", "session", "notifications", "engine", "link", "wire"],
  "in-page": ["server", "notifications", "session", "engine", "link", "wire"],
  node: ["server", "engine", "session", "link", "wire"],
};
/** Constants that are put in when the package is built, and stand on nothing. */
const LEAVES = ["version"];

/** A room is a folder or, while it is small, one file and its options. What is under src/ itself and names no room is an entry. */
const inRooms = (rooms) => `^src/(?:${rooms.join("|")})(?:/|(?:-options)?\\.tsx?$)`;
/** The files that users import. */
const ENTRIES = "^src/(?:index|local/(?:in-page/)?index|react/index|cli/index)\\.tsx?$";

const arrows = Object.entries(ROOMS).map(([room, below]) => ({
  name: `arrows-${room}`,
  comment: below.length === 0 ? `${room} is a leaf` : `${room} may import ${below.join(", ")}`,
  severity: "error",
  from: { path: inRooms([room]) },
  to: { path: "^src/", pathNot: inRooms([room, ...below, ...LEAVES]) },
}));

const localArrows = Object.entries(LOCAL_ROOMS).map(([room, below]) => ({
  name: `arrows-local-${room}`,
  comment: below.length === 0 ? `local/${room} is a leaf` : `local/${room} may import ${below.join(", ")} of local/`,
  severity: "error",
  from: { path: `^src/local/${room}/` },
  to: { path: "^src/local/", pathNot: `^src/local/(?:${[room, ...below].join("|")})/` },
}));

/** Node's own modules, and what runs on nothing else. */
const NODE_ONLY_FILES = "^src/(?:local/(?:node/|engine/(?:litesvm|ledger)/)|cli/)";

module.exports = {
  forbidden: [
    ...arrows,
    ...localArrows,
    {
      name: "known-rooms-only",
      comment:
        "What is imported from src/ lies in a room of the design (give a new one its row in ROOMS), or is an entry of its own",
      severity: "error",
      from: {},
      to: { path: "^src/", pathNot: [inRooms([...Object.keys(ROOMS), ...LEAVES]), ENTRIES] },
    },
    {
      name: "leaves-import-nothing",
      severity: "error",
      from: { path: inRooms(LEAVES) },
      to: {},
    },
    {
      name: "index-without-the-other-entries",
      comment: "./local and ./react are entries of their own: who imports the client mustn't load them",
      severity: "error",
      from: { path: "^src/index\\.ts$" },
      to: { path: inRooms(["local", "react", "cli"]) },
    },
    {
      name: "node-only-in-its-files",
      comment: "All but the local server and the commands also runs in a page: no Node modules, no ws",
      severity: "error",
      from: { path: "^src/", pathNot: NODE_ONLY_FILES },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "ws-only-in-its-files",
      comment: "The client's sockets come through isomorphic-ws; ws itself is for the local server",
      severity: "error",
      from: { path: "^src/", pathNot: NODE_ONLY_FILES },
      to: { path: "^(?:ws$|node_modules/(?:@types/)?ws/)" },
    },
    {
      name: "pages-never-reach-the-server",
      comment: "The in-page simulator and the client must not load, at any distance, what runs on Node alone",
      severity: "error",
      from: { path: "^src/(?:index|local/in-page/index)\\.ts$" },
      to: { path: NODE_ONLY_FILES, reachable: true },
    },
    {
      name: "isomorphic-ws-only-in-transport",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/transport/" },
      to: { path: "^(?:isomorphic-ws$|node_modules/isomorphic-ws/)" },
    },
    {
      name: "react-only-in-react",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/react/" },
      to: { path: "^(?:react$|node_modules/(?:@types/)?react/)" },
    },
    {
      name: "react-takes-types-alone",
      comment: "Its file is built by itself (tsup.config.ts): a class that came along would be a second one for instanceof",
      severity: "error",
      from: { path: "^src/react/" },
      to: { path: "^src/", pathNot: "^src/(?:react/|connection/status\\.ts$)", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-cycles",
      comment: "Types count too: two files that need each other's are one subject, or want a third",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "A file that no entry reaches is dead, also one that its dead neighbours import",
      severity: "error",
      from: { path: ENTRIES },
      to: { path: "^src/", pathNot: ENTRIES, reachable: false },
    },
    {
      name: "declared-packages-only",
      comment: "What is published runs on dependencies and peers, not on what happens to be installed here",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown", "unknown"], dependencyTypesNot: ["type-only", "npm-peer"] },
    },
    {
      name: "litesvm-only-when-asked-for",
      comment: "It is an optional peer: a static import would make the local simulator need it",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(?:litesvm$|node_modules/litesvm/)", dynamic: false },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "src-stands-alone",
      comment: "Tests, demos and scripts lean on src, never the other way",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(?:test|e2e|demo|bench|scripts)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};
