"""Module text."""
import os
from pkg.mod import helper

LIMIT = 3
state = None


class Animal(Base, abc.ABC):
    """An animal. It makes sounds."""

    legs = 4

    @property
    @cached
    def name(self) -> str:
        # not part of the signature
        return helper(self)

    async def speak(self, loud: bool = False):
        """Return a sound."""
        def shout(x):
            return x.upper()
        local = shout("woof")
        return local


# Says hello.
def greet(who):
    print(Animal())
