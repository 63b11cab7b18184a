"""What tests of training share."""

import pytest


@pytest.fixture(scope="module")
def torch():
    found = pytest.importorskip("torch", reason="torch is not installed: pip install 'lakeveil[synth]'")
    found.set_num_threads(1)
    return found
