"""Says what a user can do about an error that AWS answered, or that came up on the way there.

The codes are those of "Common errors" in the API references of SageMaker and STS, of "Error
responses" in that of S3, and of the errors of SageMaker's own actions (ResourceLimitExceeded).
"""

from botocore.exceptions import ClientError

_SIGN_IN = "sign in to AWS, such as with `aws sso login` or by a profile in AWS_PROFILE"
_ASK = "ask an administrator of the account for that permission"
_LATER = "run the same command again in a while"

_OF_CODES = {
    "AccessDenied": _ASK,
    "AccessDeniedException": _ASK,
    "NotAuthorized": _ASK,
    "403": _ASK,
    "ExpiredToken": _SIGN_IN,
    "ExpiredTokenException": _SIGN_IN,
    "RequestExpired": _SIGN_IN,
    "InvalidAccessKeyId": _SIGN_IN,
    "InvalidClientTokenId": _SIGN_IN,
    "SignatureDoesNotMatch": _SIGN_IN,
    "UnrecognizedClientException": _SIGN_IN,
    "InternalFailure": _LATER,
    "ServiceUnavailable": _LATER,
    "SlowDown": _LATER,
    "ThrottlingException": _LATER,
    "NoSuchBucket": "let an administrator make the bucket that project.yaml names",
    "ResourceLimitExceeded": "ask for a higher quota, or choose another instance type",
}

_NETWORK = "look at the network, and at `region` in project.yaml"
_OF_KINDS = {
    "NoCredentialsError": _SIGN_IN,
    "PartialCredentialsError": _SIGN_IN,
    "CredentialRetrievalError": _SIGN_IN,
    "ProfileNotFound": _SIGN_IN,
    "SSOError": _SIGN_IN,
    "TokenRetrievalError": _SIGN_IN,
    # Of newer versions of botocore only.
    "LoginError": _SIGN_IN,
    "ConnectionError": _NETWORK,
    "HTTPClientError": _NETWORK,
}


def advice(error: Exception) -> str:
    """Return what to do about an error of botocore; empty where nobody can say."""
    if isinstance(error, ClientError):
        return _OF_CODES.get(error.response["Error"]["Code"], "")
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return next((_OF_KINDS[kind] for kind in kinds if kind in _OF_KINDS), "")


def needs_sign_in(error: BaseException) -> bool:
    """Say whether AWS does not know the caller, or no longer: the session has expired."""
    return isinstance(error, Exception) and advice(error) == _SIGN_IN
