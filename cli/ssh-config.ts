import { allTunnels, sshPorts, tunnelName } from "../constructs/dns/tunnel-names";
import type { Environment } from "../constructs/fleet/environment";
import { refuseIfAny, show, type Problem } from "../constructs/fleet/problem";

/** What a client says of itself. */
export interface SshWish {
  /** Who logs in. Default: the only user whom the image's tunnel server lets in. */
  readonly user?: string;
  /** File of the private key on the client's machine. Default: those that ssh tries. */
  readonly identity?: string;
  /** What comes out of the tunnels on the client's side: `[BIND:]PORT:HOST:HOSTPORT`, as for `ssh -R`. */
  readonly forwards: readonly string[];
}

/** What the file begins with, so that it is known again. */
export const WRITTEN_BY = "# Written by polycast tunnel config";

export const NO_TUNNELS: Problem = {
  where: "listeners",
  what: 'none over TCP has the role "tunnel", so there is nothing to connect to',
  remedy: 'Add one to the environment: { port: 2222, protocol: "TCP", role: "tunnel" }',
};

/** See `images/edge-node/provision/files/usr/lib/polycast/configure`: `AllowUsers`. */
const TUNNEL_USER = "tunnel";

/** Seconds between questions whether the other side is there, and how many of them may stay without an answer. */
const ALIVE = { interval: 10, count: 3 };

/**
 * A configuration for OpenSSH's client with one host for each fleet.
 * @throws PolycastError with all that cannot be written into it.
 */
export function sshConfig(
  { name, zone, listeners, fleets }: Pick<Environment, "name" | "zone" | "listeners" | "fleets">,
  { user = TUNNEL_USER, identity, forwards }: SshWish,
): string {
  const [port] = sshPorts(listeners);
  const parsed = forwards.map((spec) => ({ spec, line: remoteForward(spec) }));
  refuseIfAny(
    () => "There is no configuration for these tunnels:",
    [
      ...(port === undefined ? [NO_TUNNELS] : []),
      ...checkUser(user),
      ...(identity === undefined ? [] : checkIdentity(identity)),
      ...parsed.flatMap(({ spec, line }) => (line === undefined ? [notForwarded(spec)] : [])),
    ],
  );
  const hosts = fleets.map((fleet) => ({
    host: `polycast-${name}-${fleet.name}`,
    target: tunnelName(fleet.name, zone),
  }));
  const alias = `${name}-tunnel`;
  return [
    `${WRITTEN_BY} for ${allTunnels(zone)}, environment ${name}.`,
    "# Hold one connection to each host, all at once, and start one that ends again: ssh -N HOST",
    `# known_hosts names the servers' keys as ${alias}, whichever provider they run on.`,
    ...hosts.flatMap(({ host, target }) => ["", `Host ${host}`, `  HostName ${target}`]),
    "",
    `Host ${hosts.map(({ host }) => host).join(" ")}`,
    `  Port ${port}`,
    `  User ${user}`,
    ...(identity === undefined ? [] : [`  IdentityFile ${quoted(identity)}`, "  IdentitiesOnly yes"]),
    `  HostKeyAlias ${alias}`,
    "  StrictHostKeyChecking yes",
    "  ConnectTimeout 10",
    // A provider that dies sends nothing: ssh has to notice by itself.
    `  ServerAliveInterval ${ALIVE.interval}`,
    `  ServerAliveCountMax ${ALIVE.count}`,
    "  ExitOnForwardFailure yes",
    ...parsed.map(({ line }) => `  RemoteForward ${line}`),
    "",
  ].join("\n");
}

function checkUser(user: string): readonly Problem[] {
  if (/^[a-z0-9_][a-z0-9_.@+-]{0,63}$/i.test(user)) return [];
  const what = `${show(user)} is not a user's name: letters, digits and _ . @ + - make one, the last four not first`;
  return [{ where: "--user", what }];
}

/** ssh_config(5) has no way to write some characters on every version of OpenSSH. */
function checkIdentity(identity: string): readonly Problem[] {
  if (identity !== "" && !/[\p{Cc}"\\$]/u.test(identity)) return [];
  return [
    {
      where: "--identity",
      what: `${show(identity)} cannot be written: it is empty, or has a quote, a backslash, a dollar sign or a control character`,
      remedy: "Name a file by a path without these.",
    },
  ];
}

/** With `%` doubled, since ssh puts other text for `%h` and the like. */
function quoted(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}

const HOST = String.raw`\[[0-9a-f:.]+\]|[a-z0-9._-]+`;
const FORWARD = new RegExp(String.raw`^(?:(${HOST}|\*):)?(\d+):(${HOST}):(\d+)$`, "i");

/** In the words of ssh_config(5); undefined: it cannot be read. */
function remoteForward(spec: string): string | undefined {
  const [, bind, port, host, hostPort] = FORWARD.exec(spec) ?? [];
  if (host === undefined || Number(port) > 65_535 || Number(hostPort) > 65_535 || Number(hostPort) < 1)
    return;
  return `${bind === undefined ? "" : `${bind}:`}${Number(port)} ${host}:${Number(hostPort)}`;
}

function notForwarded(spec: string): Problem {
  const form = "[BIND:]PORT:HOST:HOSTPORT, such as 8080:localhost:3000 or 0:[::1]:3000";
  return { where: "--forward", what: `${show(spec)} is not ${form}` };
}
