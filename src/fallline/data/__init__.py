"""Where rows come from: files, arrays and the data sets that are always at hand, as one `Table`."""

from __future__ import annotations

from fallline.data.load import load as load
from fallline.data.table import Table as Table
from fallline.data.table import Text as Text
