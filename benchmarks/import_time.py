"""What `import rlcf` costs, and the verbs that need no model: fresh interpreters, in turns.

    python benchmarks/import_time.py

Each line is the median over processes of the whole command, next to an interpreter that does
nothing, and to `import torch`. `above_ms` is what comes on top of the bare interpreter. Does not
measure the first start after an installation, when nothing is in the disk's cache yet.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

from java_common import environment, parser, write

COMMANDS = {
    "bare interpreter": ["-c", "pass"],
    "import rlcf": ["-c", "import rlcf"],
    "rlcf.check, not called": ["-c", "import rlcf; rlcf.check"],
    "rlcf --help": ["-m", "rlcf", "--help"],
    "rlcf check --help": ["-m", "rlcf", "check", "--help"],
    "import torch": ["-c", "import torch"],
}


def main() -> None:
    flags = parser(__doc__, "import_time.json")
    flags.add_argument("--repeats", type=int, default=21)
    args = flags.parse_args()
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(args.repeats + 1):
        for name, command in COMMANDS.items():
            seconds = _seconds(command)
            if turn:  # the first one fills the disk's cache
                taken[name].append(1000 * seconds)
    bare = statistics.median(taken["bare interpreter"])
    rows: dict[str, Any] = {
        name: {
            "median_ms": round(statistics.median(values), 1),
            "largest_ms": round(max(values), 1),
            "above_ms": round(statistics.median(values) - bare, 1),
        }
        for name, values in taken.items()
    }
    ratio = rows["import torch"]["above_ms"] / rows["import rlcf"]["above_ms"]
    loaded = _modules()
    write(
        args.out,
        {
            "environment": environment(),
            "repeats": args.repeats,
            "commands": rows,
            "torch_over_rlcf": round(ratio, 1),
            "modules_loaded_by_import_rlcf": loaded,
        },
    )


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _modules() -> list[str]:
    """Top-level modules outside the standard library after `import rlcf`."""
    code = (
        "import sys; before = set(sys.modules); import rlcf\n"
        "new = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "print(' '.join(sorted(new - sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.split()


if __name__ == "__main__":
    main()
