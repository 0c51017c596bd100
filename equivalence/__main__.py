"""`python -m equivalence` is the command `equivalence`."""

from equivalence.cli import main

raise SystemExit(main())
