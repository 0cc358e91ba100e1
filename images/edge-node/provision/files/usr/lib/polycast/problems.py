"""How a problem with what this node was told is found and worded."""

import json
import re


class Refused(Exception):
    """All that is wrong with what was given."""


def text(holder, key, pattern, wanted, where=""):
    if not is_like(pattern, holder.get(key)):
        yield f"{where}{key} is {shown(holder, key)}; {wanted} is wanted"


def is_like(pattern, value):
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def shown(holder, key):
    return json.dumps(holder[key])[:200] if key in holder else "missing"
