"""A witness of what ranks do, apart from their journal: any Python that has this folder on its path imports it when it starts.

Where ``LAKEVEIL_WITNESS`` names a folder, each process appends to a file of its own there, before the product goes on: which
attempt it begins (``attempt NUMBER JOURNAL``), each key (``key DIGEST``), and each vector of noise (``noise DIGEST``), with the
time. A killed process has written what it had drawn.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.abc
import importlib.util
import os
import sys
import time

FOLDER = os.environ.get("LAKEVEIL_WITNESS")


def say(kind, what):
    line = f"{kind} {time.time():.3f} {what}\n"
    place = os.path.join(FOLDER, f"{os.getpid()}.witness")  # noqa: PTH118 - loaded by every process: few imports
    file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, line.encode())
    os.close(file)


def noise(module):
    draw = module.gaussian

    @functools.wraps(draw)
    def gaussian(size, scale):
        drawn = draw(size, scale)
        if size > 1:  # the count of clipped gradients has noise of its own, with each gradient's
            say("noise", hashlib.sha256(drawn.tobytes()).hexdigest())
        return drawn

    module.gaussian = gaussian


def training(module):
    draw = module.fresh_key

    @functools.wraps(draw)
    def fresh_key(ranks):
        key = draw(ranks)
        if ranks.rank == 0:
            say("key", hashlib.sha256(key).hexdigest())
        return key

    module.fresh_key = fresh_key


def attempt(module):
    begin = module.Recorded.start

    def start(record, steps):
        say("attempt", f"{record._attempt.number} {record._journal.folder}")
        return begin(record, steps)

    module.Recorded.start = start


WATCHED = {"engine.synth.noise": noise, "engine.synth.training": training, "engine.synth.attempt": attempt}


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, *_):
        if name not in WATCHED:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            WATCHED[name](module)

        spec.loader.exec_module = exec_module
        return spec


if FOLDER:
    sys.meta_path.insert(0, Finder())
