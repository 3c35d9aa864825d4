// The rules for imports, as in docs/architecture.md: client → session → channels → connection → transport → protocol → codec.
// react, geyser and cli import the client. local, compare, explain and reroute import only protocol and codec. A room may import everything further along its arrows.
// To add a room, add a row to ROOMS.

/** The rooms in src/, and what each one may import. */
const ROOMS = {
  codec: [],
  protocol: ["codec"],
  transport: ["protocol", "codec"],
  connection: ["transport", "protocol", "codec"],
  channels: ["connection", "transport", "protocol", "codec"],
  session: ["channels", "connection", "transport", "protocol", "codec"],
  client: ["session", "channels", "connection", "transport", "protocol", "codec"],
  local: ["protocol", "codec"],
  compare: ["protocol", "codec"],
  explain: ["protocol", "codec"],
  reroute: ["protocol", "codec"],
  files: ["protocol", "codec"],
  fleet: [
    "client",
    "session",
    "channels",
    "connection",
    "transport",
    "local",
    "compare",
    "explain",
    "reroute",
    "files",
    "protocol",
    "codec",
  ],
  geyser: ["client", "session", "channels", "connection", "transport", "protocol", "codec"],
  react: ["client", "session", "channels", "connection", "transport", "protocol", "codec"],
  cli: [
    "client",
    "fleet",
    "files",
    "session",
    "channels",
    "connection",
    "transport",
    "local",
    "compare",
    "explain",
    "reroute",
    "protocol",
    "codec",
  ],
};

/** The rooms in src/local/, and what each one may import. */
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
  geyser: ["server", "control", "session", "notifications", "engine", "link", "wire"],
  "in-page": ["server", "notifications", "session", "engine", "link", "wire"],
  node: ["geyser", "server", "engine", "session", "link", "wire"],
};

/** The rooms in src/session/, and what each one may import. The files of src/session/ itself import all of them. */
const SESSION_ROOMS = {
  events: [],
  continues: ["events"],
  control: ["continues", "events"],
  checkpoint: ["continues"],
};
/** The files of src/session/ itself that its rooms may import. */
const SESSION_SHARED = ["context", "coverage", "subscription-spec"];

/** Constants that the build sets. They import nothing. */
const LEAVES = ["version"];

/** A room is a folder, or a file in src/. */
const inRooms = (rooms) => `^src/(?:${rooms.join("|")})(?:/|(?:-options)?\\.tsx?$)`;
/** The files that users import. */
const ENTRIES =
  "^src/(?:index|local/engine/vm-process/vm-process-main|local/(?:in-page/)?index|react/index|compare/index|explain/index|reroute/index|fleet/index|geyser/index|cli/index)\\.tsx?$";

/** Development packages that tsup bundles, because they are ES modules only and Node.js 20 cannot `require` them. */
const BUNDLED = "^node_modules/(?:hyparquet(?:-writer)?|@bufbuild/protobuf)/";

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

const sessionArrows = Object.entries(SESSION_ROOMS).map(([room, below]) => ({
  name: `arrows-session-${room}`,
  comment: `session/${room} may import ${[...below, ...SESSION_SHARED].join(", ")} of session/`,
  severity: "error",
  from: { path: `^src/session/${room}/` },
  to: {
    path: "^src/session/",
    pathNot: `^src/session/(?:(?:${[room, ...below].join("|")})/|(?:${SESSION_SHARED.join("|")})\\.ts$)`,
  },
}));

/** Files that may import modules of Node.js. */
const NODE_ONLY_FILES = "^src/(?:local/(?:node/|geyser/|engine/(?:litesvm|ledger|vm-process)/)|cli/|files/|fleet/)";

module.exports = {
  forbidden: [
    ...arrows,
    ...localArrows,
    ...sessionArrows,
    {
      name: "known-rooms-only",
      comment: "A file in src/ belongs to a room of ROOMS, or is an entry",
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
      comment:
        "./local, ./react, ./compare, ./explain, ./reroute, ./fleet and ./geyser are separate entries. An import of the client must not load them",
      severity: "error",
      from: { path: "^src/index\\.ts$" },
      to: { path: inRooms(["local", "react", "compare", "explain", "reroute", "fleet", "files", "geyser", "cli"]) },
    },
    {
      name: "node-only-in-its-files",
      comment: "Everything else also runs in browsers, so it must not import modules of Node.js",
      severity: "error",
      from: { path: "^src/", pathNot: NODE_ONLY_FILES },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "ws-only-in-its-files",
      comment: "The client uses isomorphic-ws. Only the local server and the commands import ws",
      severity: "error",
      from: { path: "^src/", pathNot: NODE_ONLY_FILES },
      to: { path: "^(?:ws$|node_modules/(?:@types/)?ws/)" },
    },
    {
      name: "pages-never-reach-the-server",
      comment: "The in-page simulator and the client must not reach files that need Node.js",
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
      comment: "react.js is built separately (tsup.config.ts). A class in it would be a second copy",
      severity: "error",
      from: { path: "^src/react/" },
      to: { path: "^src/", pathNot: "^src/(?:react/|connection/status\\.ts$)", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-cycles",
      comment: "Imports of types count too. Two files that import each other are one subject, or need a third file",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "A file that no entry reaches is unused",
      severity: "error",
      from: { path: ENTRIES },
      to: { path: "^src/", pathNot: ENTRIES, reachable: false },
    },
    {
      name: "declared-packages-only",
      comment: "Published code may import only dependencies, peers, and packages that the build puts inside",
      severity: "error",
      from: { path: "^src/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown", "unknown"],
        dependencyTypesNot: ["type-only", "npm-peer"],
        pathNot: BUNDLED,
      },
    },
    {
      name: "optional-peers-only-when-asked-for",
      comment:
        "litesvm, bullmq, @aws-sdk/client-s3 and @modelcontextprotocol/sdk are optional peers. A static import would make them required",
      severity: "error",
      from: { path: "^src/" },
      to: {
        path: "^(?:(?:litesvm|bullmq|@aws-sdk/client-s3)$|@modelcontextprotocol/sdk|node_modules/(?:litesvm|bullmq|@aws-sdk|@modelcontextprotocol)/)",
        dynamic: false,
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "src-imports-src-only",
      comment: "src must not import tests, demos or scripts",
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
