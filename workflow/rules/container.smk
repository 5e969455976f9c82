# The container that every rule carries. It is used with --sdm apptainer only; without, jobs run on the host.
IMAGE = os.environ.get("RLSEARCH_IMAGE", "rlsearch.sif")

if DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method:
    import contain

    try:
        own = [path for dataset in PARAMS.datasets for path in own_data(dataset)]
        os.environ.update(contain.variables(IMAGE, own))
    except RlsearchError as error:
        sys.exit(f"{error}")


container: IMAGE
