"""One file a maker, found by being here. Each has a ``DRIVER``.

Also found are those of a folder ``oss/drivers/makers`` elsewhere on the path: an operator's own drivers.
"""

import sys
from pathlib import Path

_elsewhere = (Path(one) / "oss" / "drivers" / "makers" for one in sys.path)
__path__ += [str(one) for one in _elsewhere if one.is_dir() and str(one) not in __path__]
