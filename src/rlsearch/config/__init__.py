"""Settings: params.yaml as frozen, typed models, and the paths of every artefact."""

from rlsearch.config.load import dump, read, read_merged, validate, write_resolved
from rlsearch.config.models import Params, StudySettings

__all__ = ["Params", "StudySettings", "dump", "read", "read_merged", "validate", "write_resolved"]
