"""Where rows come from: files, arrays and the data sets that are always at hand, as one `Table`."""

from __future__ import annotations

from fallline.data.batches import Batches as Batches
from fallline.data.batches import batches as batches
from fallline.data.image_folder import images as images
from fallline.data.load import load as load
from fallline.data.memory import larger_than_memory as larger_than_memory
from fallline.data.stream import stream as stream
from fallline.data.table import Table as Table
from fallline.data.table import Text as Text
from fallline.data.table_stream import TableStream as TableStream
