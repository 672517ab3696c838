"""The releases of Firefox's tree that are rehearsed: each product, with the phases that Ship It has for it."""

import dataclasses
import re

LOCALES = ["en-US", "it", "ja"]
DESKTOP = ["linux64-shippable", "macosx64-shippable", "win32-shippable", "win64-shippable"]
REPACK = {"locales": LOCALES, "platforms": DESKTOP, "upload_to_candidates": True}
# What GitHub says about partners. Their names are made up.
PARTNERS = {
    "release-partner-repack": {"acme": {"acme-001": REPACK}},
    "release-eme-free-repack": {"mozilla-EME-free": {"mozilla-EME-free": {**REPACK, "platforms": DESKTOP[1:]}}},
    "release-partner-attribution": {
        "defaults": {"medium": "distribution", "source": "mozilla"},
        "configs": [
            {
                "campaign": "sample",
                "content": "sample-001",
                "locales": LOCALES,
                "platforms": DESKTOP[1:],
                "upload_to_candidates": True,
            }
        ],
    },
}
SWITCHES = ["release_enable_partner_repack", "release_enable_partner_attribution", "release_enable_emefree"]


@dataclasses.dataclass(frozen=True)
class Release:
    """A version, the flavors that are promoted, and whether there are builds for partners."""

    version: str
    flavors: tuple
    partners: bool = False
    # Partners that get their builds after the release, with flavors of their own.
    off_cycle: bool = False

    @property
    def app_version(self):
        """The version without what tells betas and extended support releases apart."""
        return re.sub(r"(b\d+|esr)$", "", self.version)

    @property
    def release_type(self):
        if self.version.endswith("esr"):
            return "esr" + self.version.partition(".")[0]
        return "beta" if "b" in self.version else "release"

    @property
    def next_version(self):
        """The version that Ship It tells in each phase."""
        if self.release_type == "beta":
            start, _, number = self.version.rpartition("b")
            return f"{start}b{int(number) + 1}"
        return self.app_version + ".1" + ("esr" if self.version.endswith("esr") else "")

    @property
    def input(self):
        """What Ship It gives to the action in each phase."""
        config = {"release_partner_config": PARTNERS} if self.partners or self.off_cycle else {}
        return {
            **config,
            **dict.fromkeys(SWITCHES, self.partners),
            "required_signoffs": [],
            "next_version": self.next_version,
            "partial_updates": {},
            "release_eta": "",
            "version": "",
        }


RELEASES = {
    "release": Release("140.0", ("promote_firefox", "push_firefox", "ship_firefox"), partners=True),
    # A candidate is offered to users of betas before it is pushed.
    "rc": Release("140.0", ("promote_firefox_rc", "ship_firefox_rc", "push_firefox", "ship_firefox")),
    "beta": Release("140.0b9", ("promote_firefox", "push_firefox", "ship_firefox")),
    "esr": Release("140.0esr", ("promote_firefox", "push_firefox", "ship_firefox")),
    "devedition": Release("140.0b9", ("promote_devedition", "push_devedition", "ship_devedition")),
    "android": Release("140.0", ("promote_android", "push_android", "ship_android")),
    "android-beta": Release("140.0b9", ("promote_android", "push_android", "ship_android")),
    "partners": Release(
        "140.0",
        ("promote_firefox", "promote_firefox_partner_repack", "promote_firefox_partner_attribution"),
        off_cycle=True,
    ),
}
