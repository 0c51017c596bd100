"""python -m benchmarks.mutation_bench"""

from __future__ import annotations

import sys

from benchmarks.mutation_bench.bench_run import main

sys.exit(main())
