"""One file a maker, found by being here. Each has a ``DRIVER``.

Also found are those of a folder ``oss/drivers/makers`` elsewhere on the path: an operator's own drivers.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
