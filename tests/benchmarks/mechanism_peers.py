"""OpenDP's quantiles and histograms: run by an interpreter that has it and nothing of ours.

Reads one JSON object from stdin: {"quantiles": {"values", "candidates", "shares"}, "histogram": {"values", "categories"},
"epsilons", "draws"}. Writes {"quantiles": answers by share, "histogram": answers, "seconds": {...}}.
"""

import json
import sys
import time

import opendp.prelude as dp

dp.enable_features("contrib")


def main() -> None:
    """Answers what is asked, each as often as is wanted."""
    asked = json.load(sys.stdin)
    found, seconds = {}, {}
    for name, answer in (("quantiles", _quantiles), ("histogram", _histogram)):
        begin = time.perf_counter()
        found[name] = answer(asked[name], asked["epsilons"][name], asked["draws"])
        seconds[name] = (time.perf_counter() - begin) / asked["draws"]
    json.dump({**found, "seconds": seconds}, sys.stdout)


def _quantiles(asked: dict, epsilon: float, draws: int) -> list:
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.symmetric_distance()

    def made(share: float, scale: float) -> dp.Measurement:
        return dp.m.make_private_quantile(*space, dp.max_divergence(), asked["candidates"], share, scale)

    answers = []
    for share in asked["shares"]:
        scale = dp.binary_search_param(lambda scale, share=share: made(share, scale), d_in=1, d_out=epsilon)
        mechanism = made(share, scale)
        answers.append([mechanism(asked["values"]) for _ in range(draws)])
    return answers


def _histogram(asked: dict, epsilon: float, draws: int) -> list:
    space = dp.vector_domain(dp.atom_domain(T=str)), dp.symmetric_distance()
    counted = dp.t.make_count_by_categories(*space, categories=asked["categories"], null_category=False, MO=dp.L1Distance[int])
    mechanism = dp.binary_search_chain(lambda scale: counted >> dp.m.then_laplace(scale), d_in=1, d_out=epsilon)
    return [mechanism(asked["values"]) for _ in range(draws)]


if __name__ == "__main__":
    main()
