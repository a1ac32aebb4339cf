"""Schedules as a race varies them: by name or class their lengths follow from the run, an instance keeps its shape."""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from typing import Any

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.grammar import Call, parse
from fallline.core.method import Method
from fallline.core.node import fields, rate_field
from fallline.core.registry import to_call
from fallline.core.schedule import Schedule
from fallline.methods import METHODS
from fallline.schedules import SCHEDULES


@dataclass(frozen=True)
class Lasting:
    """A method whose schedule lasts as long as the run, however many steps that has.

    Args:
        method: with a number for its rate, which is the schedule's peak.
        schedule: a name, with what the run does not give: `cosine`, `cosine(end=0.1)`.
    """

    method: Method
    schedule: str

    def over(self, steps: int) -> Method:
        """Return the method for a run of so many steps."""
        return self.method.with_lr(schedule_over(self.schedule, steps)).with_peak(self.method.peak)

    def __str__(self) -> str:
        """The text that `lasting` reads, with every number of the method, but for the lengths that a run gives."""
        call, shape = to_call(self.method), parse(self.schedule)
        schedule, rate = SCHEDULES.find(shape.name), str(rate_field(type(self.method)))
        numbers = {str(rate_field(schedule)): float(self.method.peak), **schedule.arranged(shape)}
        return str(Call(call.name, call.args, {**call.kwargs, rate: Call(schedule.name(), (), numbers)}))


def lasting(method: Any) -> Lasting | None:
    """Return the method of a text whose schedule leaves lengths to the run; None for any other method.

    The schedule's peak is the one that is written, or the method's default rate.

    Example:
        >>> found = lasting("adamw(lr=cosine(end=0.1))")
        >>> found.method.rate, found.schedule, lasting(str(found)) == found, lasting("adamw(lr=0.1)")
        (0.001, 'cosine(end=0.1)', True, None)
    """
    if not isinstance(method, str):
        return method if isinstance(method, Lasting) else None
    call = parse(method)
    cls = METHODS.find(call.name)
    rate, given = rate_field(cls), cls.arranged(call)
    shape = given.pop(rate, None) if rate else None
    shape = Call(shape) if isinstance(shape, str) else shape
    if rate is None or not isinstance(shape, Call):
        return None
    if (schedule := SCHEDULES.get(shape.name.lower().replace("_", ""))) is None:
        return None
    numbers = schedule.arranged(shape)
    needed = {field.name for field in fields(schedule) if field.default is MISSING} - numbers.keys()
    if not needed or needed - schedule.arguments_over(1).keys():
        return None
    if (peak := rate_field(schedule)) in numbers:
        given[rate] = numbers.pop(str(peak))
    return Lasting(METHODS.build(Call(call.name, (), given)), str(Call(schedule.name(), (), numbers)))


def schedule_text(schedule: Any) -> str | None:
    """Return the text of a name, a class or an instance; None for a rate that is left as it is.

    Example:
        >>> from fallline.schedules.step import Step
        >>> schedule_text("none"), schedule_text(Step), schedule_text(Step(0.1, every=10))
        (None, 'step', 'step(peak=0.1, every=10.0, factor=0.1)')
    """
    match schedule:
        case None:
            return None
        case str():
            return None if schedule.strip().lower() == "none" else schedule
        case type() if issubclass(schedule, Schedule):
            return schedule.name()
        case Schedule():
            return str(to_call(schedule))
    raise InvalidType(
        f"schedule={schedule!r}: schedules are names such as 'cosine', classes, instances such as "
        f"fl.Cosine(0.1, steps=1000), or None for the method's own rate."
    )


def schedule_over(text: str, steps: int) -> Schedule:
    """Return the schedule of a text for a run of `steps` steps, which give the lengths that the text leaves open.

    Raises:
        InvalidValue: for an unknown name, or a number that no run gives.

    Example:
        >>> schedule_over("cosine(end=0.1)", 1000)
        Cosine(peak=1.0, steps=1000.0, warmup=50.0, end=0.1, start=0.0)
    """
    call = parse(text)
    cls = SCHEDULES.find(call.name)
    given = {**cls.arguments_over(steps), **cls.arranged(call)}
    if missing := [f.name for f in fields(cls) if f.default is MISSING and f.name not in given]:
        example = ", ".join(f"{name}=..." for name in missing)
        raise InvalidValue(
            f"schedule={text!r}: {cls.name()} needs {', '.join(missing)}, which does not follow from a run's length: "
            f"write '{cls.name()}({example})'."
        )
    return SCHEDULES.build(Call(cls.name(), (), given))
