"""Whether a node's routes are to be announced: decided anew after each look at its health. Nothing is read or written here."""

# Seconds of health before the first announcement, and after the first withdrawal; that doubles with each one, up to LONGEST.
STEADY = 3
AFTER_FLAP = 10
LONGEST = 120
# After so many seconds without a withdrawal, earlier ones are forgotten.
FORGOTTEN = 600
# So many looks without an answer are no chance.
SILENT = 2


class Announcement:
    """One look is "well", "ill" (it says so itself) or "silent" (no answer in time). Times are in seconds of one clock."""

    def __init__(self):
        self.announced_since = None
        self.well_since = None
        self.silent = 0
        self.flaps = 0

    def look(self, health, drained, now):
        """True while the routes are to be announced."""
        self.silent = self.silent + 1 if health == "silent" else 0
        if self.is_well(health):
            self.well_since = now if self.well_since is None else self.well_since
            self.forget(now)
        else:
            self.flaps += self.announced_since is not None
            self.well_since = self.announced_since = None
        if drained:
            self.announced_since = None
        elif self.announced_since is None and self.well_since is not None and now - self.well_since >= self.wait:
            self.announced_since = now
        return self.announced_since is not None

    @property
    def wait(self):
        """Seconds for which the node has to be well before it is announced."""
        return STEADY if self.flaps == 0 else min(AFTER_FLAP * 2 ** (self.flaps - 1), LONGEST)

    def is_well(self, health):
        if health == "silent":
            # Silence changes nothing until it is no chance.
            return self.well_since is not None and self.silent < SILENT
        return health == "well"

    def forget(self, now):
        if self.announced_since is not None and now - self.announced_since >= FORGOTTEN:
            self.flaps = 0
