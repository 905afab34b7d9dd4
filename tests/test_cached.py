"""Properties that are computed once."""

from threading import Thread

from imagest_core.cached import cached_property


class Waiting:
    """Its value needs that of another object, computed in another thread."""

    def __init__(self, other: "Waiting | None" = None) -> None:
        self.other, self.count = other, 0

    @cached_property
    def value(self) -> int:
        self.count += 1
        if self.other is None:
            return 1
        values: list[int] = []
        thread = Thread(target=lambda: values.append(self.other.value), daemon=True)  # type: ignore[union-attr]
        thread.start()
        thread.join(5)
        return sum(values) + 1


def test_objects_do_not_wait_for_each_other() -> None:
    assert Waiting(Waiting()).value == 2


def test_a_value_is_computed_once() -> None:
    one = Waiting()
    assert (one.value, one.value, one.count) == (1, 1, 1)
