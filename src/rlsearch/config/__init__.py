"""Settings: params.yaml as frozen, typed models, and the paths of every artefact. `rlsearch.checks` reads them."""
