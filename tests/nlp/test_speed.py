"""`read` is small enough; how fast it is, the bench says."""

import subprocess
import sys

import pytest

PROBE = """
from nlp.reading import models
models()
# VmHWM and not ru_maxrss: the latter still counts what the parent held before exec.
lines = open("/proc/self/status").read().splitlines()
size = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
print(size)
"""


@pytest.mark.slow
def test_loaded_models_fit_into_120_megabytes():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)

    assert float(done.stdout) < 120
