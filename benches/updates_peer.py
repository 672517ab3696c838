"""Answers requests with Balrog's own code: `updates_peer.py SOURCE WORLDS ROUNDS`.

SOURCE is the folder `src` of a clone of Balrog, WORLDS a file with `{"worlds": [...]}`: in each rules, releases, pins,
shutoffs, allowlist and requests. The database is in memory, and everything is cached that production caches. Prints
JSON: all answers; the seconds for all requests ROUNDS times, as the server without network (`whole`); and the seconds
for the choice of the release and its XML alone (`core`), for `count` requests that are not answered with an error.
"""

import json
import logging
import sys
import time
import warnings

sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import auslib.web.public.client as client_api
from auslib.global_state import cache, dbo
from auslib.web.public.base import create_app
from auslib.web.public.helpers import AUS
from flask import g
from statsd.defaults.env import statsd

# Those of public.wsgi, none of which expires meanwhile.
for name, size in [
    ("releases", 500),
    ("releases_data_version", 500),
    ("release_assets", 500),
    ("release_assets_data_versions", 5000),
    ("blob_schema", 50),
    ("blob_version", 500),
    ("rules", 500),
    ("updates_disabled", 100),
]:
    cache.make_cache(name, size, 86400)


def products(allowed):
    """Lists as Balrog has them: a tuple, or tuples by path."""
    if isinstance(allowed, dict):
        return {path: tuple(names) for path, names in allowed.items()}
    return tuple(allowed)


def load(world, app):
    dbo.setDb("sqlite:///:memory:")
    dbo.create()
    for kept in cache.caches.values():
        kept.clear()
    allowed = {host: products(names) for host, names in world["allowlist"].items()}
    dbo.setDomainAllowlist(allowed)
    app.config["ALLOWLISTED_DOMAINS"] = allowed
    app.config["SPECIAL_FORCE_HOSTS"] = tuple(world.get("special_force_hosts", ()))
    for rule in world["rules"]:
        dbo.rules.t.insert().execute(data_version=1, **{k: v for k, v in rule.items() if k != "data_version"})
    for name, release in world["releases"].items():
        dbo.releases_json.t.insert().execute(
            name=name, product=release["product"], data=release["blob"], data_version=1, read_only=False
        )
    for pin in world.get("pinnable", ()):
        dbo.pinnable_releases.t.insert().execute(data_version=1, **pin)
    for shutoff in world.get("shutoffs", ()):
        dbo.emergencyShutoffs.t.insert().execute(data_version=1, **shutoff)


def answer(client, request):
    AUS.rand = lambda: request["die"]
    try:
        response = client.get(request["request"], headers=request.get("headers", {}))
    except Exception as error:
        # Balrog's own failures, which our side answers.
        return {"exception": repr(error)}
    return {"status": response.status_code, "body": response.get_data(as_text=True)}


class Core:
    """The part of a request behind reading its address: the choice of the release, and its XML."""

    def __init__(self):
        self.queries = []

    def record(self, query, *args, **kwargs):
        self.queries.append(dict(query))
        return self.original(query, *args, **kwargs)

    def __enter__(self):
        self.original = AUS.evaluateRules
        AUS.evaluateRules = self.record
        return self

    def __exit__(self, *_):
        AUS.evaluateRules = self.original

    def one(self, query):
        with dbo.begin() as transaction:
            release, update_type, metadata = AUS.evaluateRules(query, transaction=transaction)
        blobs = []
        if release:
            blobs = [{"product_query": query, "response_release": release, "response_update_type": update_type}]
        client_api.construct_response(release, query, update_type, blobs, False, metadata)

    def drop_failures(self):
        """Leaves out what is answered with an error, by Balrog or by its failure."""
        kept = []
        for query in self.queries:
            try:
                self.one(query)
            except Exception:
                continue
            kept.append(query)
        self.queries = kept

    def run(self):
        for query in self.queries:
            self.one(query)


def main(_, path, rounds):
    with open(path) as file:
        worlds = json.load(file)["worlds"]
    app = create_app().app
    app.cacheControl = "public, max-age=90"
    client = app.test_client()
    answers, whole, core_only, count = [], 0, 0, 0
    for world in worlds:
        load(world, app)
        with Core() as core:
            # The first round fills the caches.
            answers.append([answer(client, request) for request in world["requests"]])
        begun = time.perf_counter()
        for _ in range(int(rounds)):
            for request in world["requests"]:
                answer(client, request)
        whole += time.perf_counter() - begun
        with app.test_request_context("/"):
            g.statsd = statsd
            core.drop_failures()
            count += len(core.queries)
            begun = time.perf_counter()
            for _ in range(int(rounds)):
                core.run()
            core_only += time.perf_counter() - begun
    json.dump({"answers": answers, "whole": whole, "core": core_only, "count": count}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
