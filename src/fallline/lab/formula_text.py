"""Parts as text: in names or in numbers, with as few parentheses as can be."""

from __future__ import annotations

from dataclasses import dataclass

from fallline.lab.part import Part

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
WORDS = {"maximum": "max", "minimum": "min", "loss": "f"}
SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly an operation binds, the loosest first."""


@dataclass(frozen=True)
class Writer:
    """Writes parts.

    Args:
        digits: significant digits of the numbers; `None` writes names in their place.
    """

    digits: int | None = None

    def text(self, part: Part, binding: int = SUM, k: int | None = None) -> str:
        """Return the part, in parentheses where it binds less than asked for.

        `k` is the coordinate that it is of, where those of several stand side by side.
        """
        text, binds = self._written(part, k)
        return text if binds >= binding else f"({text})"

    def _written(self, part: Part, k: int | None) -> tuple[str, int]:
        """Return the part and how tightly it binds."""
        of = part.of
        match part.operation:
            case "leaf" | "name" if self.digits is None:
                return part.name + ("" if k is None or part.everywhere else str(k + 1).translate(SUBSCRIPT)), ATOM
            case "leaf" | "name" | "number":
                number = written(part.value, self.digits or 4)
                return number, SUM if number.startswith("−") else ATOM
            case "negative":
                return "−" + self.text(of[0], PRODUCT, k), SUM
            case "add":
                return f"{self.text(of[0], SUM, k)} + {self._addend(of[1], k)}", SUM
            case "subtract":
                return f"{self.text(of[0], SUM, k)} − {self.text(of[1], PRODUCT, k)}", SUM
            case "multiply":
                return f"{self.text(of[0], PRODUCT, k)} · {self.text(of[1], PRODUCT, k)}", PRODUCT
            case "divide":
                return f"{self.text(of[0], PRODUCT, k)} / {self.text(of[1], POWER, k)}", PRODUCT
            case "power":
                exponent = self.text(of[1], ATOM, k)
                raised = exponent.translate(SUPERSCRIPT) if exponent.isdecimal() else f"^{exponent}"
                return self.text(of[0], ATOM, k) + raised, POWER
            case "sqrt":
                return "√" + self.text(of[0], ATOM, k), POWER
            case "abs":
                return f"|{self.text(of[0], SUM, k)}|", ATOM
            case "sum" | "mean" if self.digits is not None:
                first, *others = of
                total = " + ".join([self.text(first, SUM, 0), *(self._addend(p, i) for i, p in enumerate(others, 1))])
                return (total, SUM) if part.operation == "sum" else (f"({total}) / {len(of)}", PRODUCT)
            case "sum" | "mean" | "loss" if self.digits is None and len(set(of)) == 1:
                arguments = self.text(of[0])
            case "sum" | "mean" | "loss":
                arguments = ", ".join(self.text(p, SUM, i) for i, p in enumerate(of))
            case _:
                arguments = ", ".join(self.text(p, SUM, k) for p in of)
        return f"{WORDS.get(part.operation, part.operation)}({arguments})", ATOM

    def _addend(self, part: Part, k: int | None) -> str:
        """Write what stands after a plus: a sum needs no parentheses there, a minus sign does."""
        text = self.text(part, SUM, k)
        return f"({text})" if text.startswith("−") else text


def written(value: float, digits: int = 4) -> str:
    """Return a number in so many significant digits at most.

    >>> written(-0.0123456), written(1e-8)
    ('−0.01235', '1e−8')
    """
    mantissa, e, exponent = f"{value + 0.0:.{digits}g}".partition("e")
    return (mantissa + (f"e{int(exponent)}" if e else "")).replace("-", "−")
