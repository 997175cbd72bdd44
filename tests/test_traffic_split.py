"""The share of each release behind the gateway, for people who live in pytest.

    kubectl apply -f examples/simple-demo.yaml
    pytest tests/test_traffic_split.py

or without pytest: `python3 tests/test_traffic_split.py`. Needs Python 3.8 and nothing else. What is tested:

    MESHWALK_GATEWAY   the gateway's URL, default http://127.0.0.1:8080 (a kind cluster of scripts/cluster-up.sh);
                       otherwise e.g. kubectl -n istio-system port-forward service/istio-ingressgateway 8080:80
    MESHWALK_HOST      the host, default meshwalk-demo.localhost
    MESHWALK_SHARE     the per cent of v2 that the route asks for, default 30
    MESHWALK_COUNT     requests, default 400

The test is exact (binomial). It calls a right share wrong once in a million runs. That 30 % are in truth 45 % is noticed
in 91 of 100 runs with 400 requests; that they are 40 %, in 96 of 100 with 1000.
"""

import json
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from math import exp, lgamma, log

GATEWAY = os.environ.get("MESHWALK_GATEWAY", "http://127.0.0.1:8080").rstrip("/")
HOST = os.environ.get("MESHWALK_HOST", "meshwalk-demo.localhost")
SHARE = float(os.environ.get("MESHWALK_SHARE", "30")) / 100
COUNT = int(os.environ.get("MESHWALK_COUNT", "400"))
ERROR = 1e-6

# Past any proxy that the environment names: the gateway is near.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(headers=None):
    """One request, on a connection of its own; returns the call tree."""
    request = urllib.request.Request(GATEWAY + "/api/hello", headers={"Host": HOST, **(headers or {})})
    try:
        with OPENER.open(request, timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError as error:
        raise AssertionError(f"no gateway answers at {GATEWAY} ({error.reason}); MESHWALK_GATEWAY names another") from None


def backend_version(tree):
    """The release that answered the frontend's call."""
    return next(upstream["hop"]["version"] for upstream in tree["upstreams"] if upstream["name"] == "backend")


def mass(count, k, share):
    """The probability of exactly k hits."""
    return exp(
        lgamma(count + 1) - lgamma(k + 1) - lgamma(count - k + 1) + k * log(share) + (count - k) * log(1 - share)
    )


def fitting(count, share, error=ERROR):
    """The lowest and the highest number of hits that fit a share, at an error probability."""
    if share <= 0:
        return 0, 0
    if share >= 1:
        return count, count
    low = high = None
    tail = 0.0
    for low in range(count + 1):
        tail += mass(count, low, share)
        if tail > error / 2:
            break
    tail = 0.0
    for high in range(count, -1, -1):
        tail += mass(count, high, share)
        if tail > error / 2:
            break
    return low, high


def wait_until_answered(rounds=3, requests=20, limit=60):
    """Waits until several rounds in a row are answered: a pod that is ready is not yet known to every sidecar."""
    end = time.monotonic() + limit
    answered = 0
    while answered < rounds:
        try:
            for _ in range(requests):
                backend_version(ask())
            answered += 1
        except (urllib.error.HTTPError, LookupError, TypeError, StopIteration):
            if time.monotonic() > end:
                raise
            answered = 0
            time.sleep(0.2)


def test_the_share_of_v2_is_what_the_route_asks_for():
    wait_until_answered()
    versions = Counter(backend_version(ask()) for _ in range(COUNT))
    low, high = fitting(COUNT, SHARE)
    assert low <= versions["v2"] <= high, f"{dict(versions)}: with {SHARE:.0%} of {COUNT}, {low} to {high} fit"


def test_every_answer_comes_from_a_known_release():
    wait_until_answered()
    assert {backend_version(ask()) for _ in range(20)} <= {"v1", "v2"}


def test_the_counts_that_fit_enclose_the_share_and_no_more():
    low, high = fitting(400, 0.3)
    assert low < 120 < high
    assert sum(mass(400, k, 0.3) for k in range(low, high + 1)) > 1 - ERROR
    assert sum(mass(400, k, 0.3) for k in range(low + 1, high)) < 1 - ERROR / 2


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("passed:", name[len("test_") :].replace("_", " "))
