"""STUDIES: every pilot, control and diagnosis by name; a module for each folder of results."""

from __future__ import annotations

from reproduce.specs.studies import controls, diagnosis, locomotion, pilots
from reproduce.specs.studies.study import Case, Study

__all__ = ["STUDIES", "Case", "Study"]

STUDIES: dict[str, Study] = {
    study.name: study
    for module in (pilots, controls, diagnosis, locomotion)
    for study in module.STUDIES
}
