"""The errors of S3: codes, texts and statuses of its API reference, "Error responses"."""

_TEXTS = {
    "AccessControlListNotSupported": (400, "The bucket does not allow ACLs"),
    "AccessDenied": (403, "{what}"),
    "BadDigest": (400, "The {what} you specified did not match what was received."),
    "BadRequest": (400, "{what}"),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty"),
    "EntityTooSmall": (400, "Your proposed upload is smaller than the minimum allowed size"),
    "IncompleteBody": (
        400,
        "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    ),
    "InvalidArgument": (400, "{what}"),
    # As apex/up issue 498 shows it, for one with capitals.
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidPart": (
        400,
        "One or more of the specified parts could not be found.  The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag.",
    ),
    "InvalidPartOrder": (
        400,
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
    ),
    "InvalidRequest": (400, "{what}"),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidTag": (400, "{what}"),
    "InsufficientStorage": (507, "the local SageMaker cannot write to its state folder: {what}"),
    "KeyTooLongError": (400, "Your key is too long"),
    "MalformedXML": (
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    "MetadataTooLarge": (
        400,
        "Your metadata headers exceed the maximum allowed metadata size",
    ),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchUpload": (
        404,
        "The specified multipart upload does not exist. The upload ID might be invalid, or the "
        "multipart upload might have been aborted or completed.",
    ),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "NotImplemented": (501, "the local SageMaker does not support {what}"),
    "NotModified": (304, "Not Modified"),
    "PreconditionFailed": (412, "At least one of the preconditions you specified did not hold"),
}


class S3Error(Exception):
    """A refusal of S3.

    Parameters
    ----------
    code : as in the API reference.
    what : what its text speaks of, where that needs it.
    """

    def __init__(self, code: str, what: str = "") -> None:
        status, text = _TEXTS[code]
        super().__init__(text.format(what=what))
        self.code = code
        self.status = status
