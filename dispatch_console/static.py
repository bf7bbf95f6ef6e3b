from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names that change with the content: browsers keep files for ever, and modules import each other by them."""

    support_js_module_import_aggregation = True
