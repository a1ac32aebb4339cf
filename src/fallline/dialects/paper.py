"""The words of the publications: each its own, in the method's table."""

from __future__ import annotations

from fallline.dialects.vocabulary import Vocabulary

PAPER = Vocabulary(names={})
