"""The bgp section of the node file: what is wrong with it, and what it makes of BIRD, firewall and addresses.

Nothing is read or written here, but for what resolve() is given to fetch with.
"""

import ipaddress
import json

from problems import Refused, shown, text

ASN_LIMIT = 2**32 - 1
# https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/include/uapi/linux/tcp.h, TCP_MD5SIG_MAXKEYLEN
PASSWORD_LIMIT = 80

# -- what is wrong with it


def check_bgp(bgp):
    if not isinstance(bgp, dict):
        yield f"bgp is {json.dumps(bgp)}; an object is wanted"
        return
    yield from check_asn(bgp, "bgp.")
    yield from check_routes(bgp)
    yield from check_neighbours(bgp)
    if "gateway" in bgp:
        yield from check_place(bgp, "gateway", "bgp.")
    if not isinstance(bgp.get("password"), bool):
        yield f"bgp.password is {shown(bgp, 'password')}; true or false is wanted"


def check_asn(holder, where):
    asn = holder.get("asn")
    if type(asn) is not int or not 1 <= asn <= ASN_LIMIT:
        yield f"{where}asn is {shown(holder, 'asn')}; 1 to {ASN_LIMIT} is wanted"


def check_routes(bgp):
    routes = bgp.get("routes")
    if not isinstance(routes, list) or not routes:
        yield f"bgp.routes is {shown(bgp, 'routes')}; a list with a route is wanted"
        return
    seen = set()
    for index, route in enumerate(routes):
        where = f"bgp.routes[{index}]"
        if not isinstance(route, dict):
            yield f"{where} is {json.dumps(route)}; an object is wanted"
            continue
        prefix = parsed(ipaddress.ip_network, route.get("prefix"))
        if prefix is None or prefix.prefixlen == 0:
            yield f"{where}.prefix is {shown(route, 'prefix')}; a network such as 203.0.113.0/24 is wanted, without host bits"
        elif prefix in seen:
            yield f"{where} is the second one for {prefix}"
        seen.add(prefix)
        addresses = route.get("addresses")
        if not isinstance(addresses, list) or not addresses:
            yield f"{where}.addresses is {shown(route, 'addresses')}; a list with an address is wanted"
            continue
        for given in addresses:
            address = parsed(ipaddress.ip_address, given)
            if address is None or (prefix is not None and address not in prefix):
                yield f"{where}.addresses has {json.dumps(given)}; an address in {shown(route, 'prefix')} is wanted"


def check_neighbours(bgp):
    neighbours = bgp.get("neighbours")
    if isinstance(neighbours, dict):
        yield from check_metadata(neighbours, "bgp.neighbours")
        return
    if not isinstance(neighbours, list) or not neighbours:
        yield f"bgp.neighbours is {shown(bgp, 'neighbours')}; a list of routers, or where to find it, is wanted"
        return
    for index, neighbour in enumerate(neighbours):
        where = f"bgp.neighbours[{index}]"
        if not isinstance(neighbour, dict):
            yield f"{where} is {json.dumps(neighbour)}; an object is wanted"
            continue
        address = parsed(ipaddress.ip_address, neighbour.get("address"))
        if address is None or is_link_local(address):
            yield f"{where}.address is {shown(neighbour, 'address')}; an IP address, none of fe80::/10, is wanted"
        yield from check_asn(neighbour, f"{where}.")
        hops = neighbour.get("hops")
        if type(hops) is not int or not 1 <= hops <= 255:
            yield f"{where}.hops is {shown(neighbour, 'hops')}; 1 to 255 is wanted"
        if "source" in neighbour:
            yield from check_place(neighbour, "source", f"{where}.")
            source = parsed(ipaddress.ip_address, neighbour["source"])
            if address is not None and source is not None and source.version != address.version:
                yield f"{where}.source is {source}, of another family than {address}"
    yield from check_families(bgp.get("routes"), neighbours)


def check_families(routes, neighbours):
    """Every route needs a router that is told of it, and every router something that it can be told."""
    announced = families(routes if isinstance(routes, list) else [], "prefix", ipaddress.ip_network)
    told = families(neighbours, "address", ipaddress.ip_address)
    for version in sorted(announced - told):
        yield f"bgp.neighbours has no router over IPv{version}, to which the IPv{version} routes are announced"
    for version in sorted(told - announced):
        yield f"bgp.routes has nothing to announce to the routers over IPv{version}"


def check_place(holder, key, where):
    """An address, or where the provider tells it."""
    if isinstance(holder[key], dict):
        yield from check_metadata(holder[key], f"{where}{key}")
    elif parsed(ipaddress.ip_address, holder[key]) is None:
        yield f"{where}{key} is {shown(holder, key)}; an IP address, or where to find it, is wanted"


def check_metadata(place, where):
    yield from text(place, "url", r"https?://[\x21-\x7e]+", "a URL", f"{where}.")
    yield from text(place, "pointer", r"/.*", "a JSON pointer, which begins with a slash,", f"{where}.")


def families(holders, key, parse):
    found = (parsed(parse, holder.get(key)) for holder in holders if isinstance(holder, dict))
    return {one.version for one in found if one is not None}


def parsed(parse, value):
    try:
        return parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def is_link_local(address):
    """On which link it would be is not said; 169.254.0.0/16, which routers of clouds use, is routed as any other."""
    return address.version == 6 and address.is_link_local


# -- what the provider tells only the node


def resolve(bgp, fetch):
    """The routers as { address, asn, hops, source }, and the gateway: addresses are parsed, hops and source may be None.

    fetch(url) gives what the JSON there says. Raises Refused.
    """

    def place(value, where):
        told = at(fetch(value["url"]), value["pointer"], where) if isinstance(value, dict) else value
        address = parsed(ipaddress.ip_address, told)
        if address is None:
            raise Refused([f"{where}: {value['url']} says {json.dumps(told)[:200]}; an IP address is wanted"])
        return address

    given = bgp["neighbours"]
    if isinstance(given, dict):
        neighbours = listed(at(fetch(given["url"]), given["pointer"], "bgp.neighbours"), bgp)
    else:
        neighbours = [
            {
                "address": ipaddress.ip_address(one["address"]),
                "asn": one["asn"],
                "hops": one["hops"],
                "source": place(one["source"], f"bgp.neighbours[{index}].source") if "source" in one else None,
            }
            for index, one in enumerate(given)
        ]
    gateway = place(bgp["gateway"], "bgp.gateway") if "gateway" in bgp else None
    return neighbours, gateway


def listed(told, bgp):
    """The routers of a list as Equinix Metal's metadata have it, but for what is not to be announced there.

    https://deploy.equinix.com/developers/docs/metal/bgp/route-bgp-with-bird/
    """
    announced = families(bgp["routes"], "prefix", ipaddress.ip_network)
    neighbours, problems = [], []
    for index, one in enumerate(told if isinstance(told, list) else []):
        where = f"the provider's list of neighbours, entry {index}"
        one = one if isinstance(one, dict) else {}
        if one.get("address_family") not in announced:
            continue
        source = parsed(ipaddress.ip_address, one.get("customer_ip"))
        peers = one.get("peer_ips")
        addresses = [parsed(ipaddress.ip_address, peer) for peer in peers] if isinstance(peers, list) else []
        if source is None or not addresses or None in addresses or any(a.version != source.version for a in addresses):
            problems.append(f"{where}: customer_ip is {shown(one, 'customer_ip')} and peer_ips is {shown(one, 'peer_ips')}")
        if type(one.get("peer_as")) is not int:
            problems.append(f"{where}: peer_as is {shown(one, 'peer_as')}")
        if one.get("customer_as") != bgp["asn"]:
            problems.append(f"{where}: customer_as is {shown(one, 'customer_as')}, but the node file's asn is {bgp['asn']}")
        if bool(one.get("md5_enabled")) != bgp["password"]:
            wanted = "a password" if one.get("md5_enabled") else "no password"
            problems.append(f"{where}: it wants {wanted}, but the node file's password is {json.dumps(bgp['password'])}")
        hops = None if one.get("multihop") else 1
        neighbours += [{"address": a, "asn": one.get("peer_as"), "hops": hops, "source": source} for a in addresses]
    for version in sorted(announced - {one["address"].version for one in neighbours if one["address"]}):
        problems.append(f"the provider's list of neighbours has no router over IPv{version}: is there a session for it?")
    if problems:
        raise Refused(problems)
    return neighbours


def at(document, pointer, where):
    """What a JSON pointer leads to (https://www.rfc-editor.org/rfc/rfc6901)."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(key)] if isinstance(document, list) else document[key]
        except (KeyError, IndexError, ValueError, TypeError):
            raise Refused([f"{where}: there is no {pointer} in what the provider tells"]) from None
    return document


def check_password(password):
    """The password itself is shown nowhere. BIRD's strings have no escapes."""
    if not 1 <= len(password) <= PASSWORD_LIMIT:
        raise Refused([f"the BGP password has {len(password)} characters; 1 to {PASSWORD_LIMIT} are wanted"])
    if not all(" " <= character <= "~" and character != '"' for character in password):
        raise Refused(['the BGP password has a character that BIRD cannot be told; printable ASCII, but no ", is wanted'])


# -- what is made of it


def bird(bgp, neighbours, password):
    """BIRD 2's configuration (https://bird.network.cz/?get_doc&v=20&f=bird-3.html), which announces nothing until told."""
    prefixes = [ipaddress.ip_network(route["prefix"]) for route in bgp["routes"]]
    # Without one, BIRD takes an address of this machine.
    identity = [f"router id {one['source']};" for one in neighbours if one["source"] and one["source"].version == 4]
    parts = [
        'log stderr { info, remote, warning, error, auth, fatal, bug };',
        *identity[:1],
        "# No kernel protocol: this machine's routes are neither read nor changed.",
        "protocol device { }",
        *(announcement(version, [one for one in prefixes if one.version == version]) for version in (4, 6)),
        *(session(index, one, bgp["asn"], prefixes, password) for index, one in enumerate(neighbours, 1)),
    ]
    return "\n".join(part for part in parts if part) + "\n"


def announcement(version, prefixes):
    if not prefixes:
        return ""
    routes = "".join(f"\n  route {prefix} blackhole;" for prefix in prefixes)
    return f"""# The announcer enables this while the node is well.
protocol static announce{version} {{
  disabled;
  ipv{version};{routes}
}}
filter own{version} {{
  if net ~ [ {', '.join(map(str, prefixes))} ] then accept;
  reject;
}}"""


def session(index, neighbour, asn, prefixes, password):
    version = neighbour["address"].version
    own = sum(prefix.version == version for prefix in prefixes)
    source = f" {neighbour['source']}" if neighbour["source"] else ""
    hops = neighbour["hops"]
    reach = "direct" if hops == 1 else "multihop" if hops is None else f"multihop {hops}"
    secret = f'\n  password "{password}";' if password else ""
    return f"""protocol bgp neighbour{index} {{
  local{source} as {asn};
  neighbor {neighbour['address']} as {neighbour['asn']};
  {reach};{secret}
  # A node that dies without a word is gone when this time is over; one that ends is gone at once.
  hold time 15;
  keepalive time 5;
  connect retry time 5;
  error wait time 2, 30;
  # With it, routers would keep the routes of a node whose session ends and send traffic to a dead one, for as long as the
  # restart time says: https://www.rfc-editor.org/rfc/rfc4724#section-4.2
  graceful restart off;
  long lived graceful restart off;
  ipv{version} {{
    import none;
    export filter own{version};
    export limit {own} action disable;
    next hop self;
  }};
}}"""


def firewall(neighbours):
    rules = [
        f"add rule inet polycast bgp {'ip' if one['address'].version == 4 else 'ip6'} saddr {one['address']} tcp dport 179 accept"
        for one in neighbours
    ]
    return "\n".join(["flush chain inet polycast bgp", *rules]) + "\n"


def addresses(bgp, neighbours, gateway):
    """For ip -batch. On lo, since not every kernel has dummy interfaces; they stay while the node does not announce."""
    anycast = (address for route in bgp["routes"] for address in route["addresses"])
    lines = [f"address replace {address} dev lo" for address in anycast]
    if gateway:
        ways = (one["address"] for one in neighbours if one["address"].version == gateway.version)
        lines += [f"route replace {way} via {gateway}" for way in ways]
    return "\n".join(lines) + "\n"
