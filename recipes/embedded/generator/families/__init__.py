"""The families of templates; a family takes one or two modules."""

from __future__ import annotations

from types import ModuleType

from generator.families import (
    array_search,
    array_walks,
    branches,
    characters,
    digits,
    divisors,
    map_building,
    map_reading,
    measures,
    number_lists,
    prices,
    sentences,
    simulations,
    texts,
    word_lists,
)

MODULES: tuple[ModuleType, ...] = (
    prices,
    measures,
    divisors,
    digits,
    characters,
    texts,
    sentences,
    array_search,
    array_walks,
    number_lists,
    word_lists,
    map_building,
    map_reading,
    branches,
    simulations,
)
