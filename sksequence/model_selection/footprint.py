"""Memory that a fit takes at its peak, measured in a process of its own."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

from sksequence.exceptions import InputError

__all__ = ["peak_memory"]

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_CHILD = f"from {__name__} import _child; _child()"


def peak_memory(estimator, X, y=None) -> float:
    """Bytes that a fit takes at its peak, beyond what its process held before.

    A new process unpickles the unfitted estimator and the data, then fits. What the operating system
    counts is resident memory, so that of every library is in it, and pages that a process got before and
    uses again are not.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    X, y : array-like
        Training data.

    Returns
    -------
    n_bytes : float
        NaN where the operating system does not tell, as on Windows.

    Raises
    ------
    InputError
        If the fit fails in the new process: what is defined in a notebook or script itself cannot be
        found there.
    """
    task = pickle.dumps((estimator, (X,) if y is None else (X, y)))
    child = subprocess.run([sys.executable, "-c", _CHILD], input=task, capture_output=True, check=False)
    if child.returncode:
        why = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise InputError(
            f"compare: a {type(estimator).__name__} cannot be fitted in a new process ({why}), but "
            "that is how memory is measured. Define classes in a module, or set measure_memory=False."
        )
    return float(child.stdout)


def _child() -> None:
    """Fit what comes on standard input, and write what it took."""
    estimator, data = pickle.load(sys.stdin.buffer)
    output, sys.stdout = sys.stdout, sys.stderr  # what the fit prints is no answer
    before = _restart_peak()
    estimator.fit(*data)
    output.write(str(_peak() - before))


def _restart_peak() -> float:
    """Bytes resident, from which on the peak counts."""
    if _RESET.exists():
        _RESET.write_text("5")  # the peak begins anew from what is resident
    return _peak()


def _peak() -> float:
    """Most bytes resident so far; NaN where nobody knows."""
    if _STATUS.exists():
        found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), flags=re.MULTILINE)
        if found:
            return int(found.group(1)) * 1024.0
    try:
        import resource
    except ImportError:
        return float("nan")
    # Linux counts in kB, macOS in bytes.
    unit = 1.0 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
