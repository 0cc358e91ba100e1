"""How the log shipper gets its region and its credentials, where the machine has no role of its own."""

import json

from problems import is_like, shown, text

# Where each way puts an AWS credentials file, profile "default".
CREDENTIALS = {
    "staticKey": "/etc/polycast/log-credentials",
    "rolesAnywhere": "/var/lib/polycast/log-access/credentials",
    # Systems Manager's agent keeps it: https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html
    "ssmActivation": "/root/.aws/credentials",
}

REGION = r"[a-z]{2,}(-[a-z]+)+-[0-9]"
ARN = r"arn:[a-zA-Z0-9_:/+=,.@-]+"
# What a certificate says; it is written into a subject, where a slash would begin another part.
WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"


def check_log_access(access):
    if not isinstance(access, dict):
        yield f"logAccess is {json.dumps(access)}; an object is wanted"
        return
    strategy = access.get("strategy")
    if strategy not in CREDENTIALS:
        yield f"logAccess.strategy is {shown(access, 'strategy')}; one of {', '.join(CREDENTIALS)} is wanted"
        return
    where = "logAccess."
    yield from text(access, "region", REGION, "an AWS region", where)
    if strategy != "rolesAnywhere":
        yield from text(access, "secretId", r"[\w-]+", "the id of what was given", where)
        return
    for key in ("trustAnchorArn", "profileArn", "roleArn"):
        yield from text(access, key, ARN, "an ARN", where)
    yield from text(access, "enrolUrl", r"https://[!-~]+", "an https: URL", where)
    subject = access.get("subject")
    for key in ("organization", "organizationalUnit"):
        if not isinstance(subject, dict) or not is_like(WORD, subject.get(key)):
            yield f"logAccess.subject.{key} is missing, or no word of letters, digits, dots, hyphens and underscores"


def common_config(access):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-profile-instance-first.html"""
    file = CREDENTIALS[access["strategy"]]
    return f'[credentials]\n  shared_credential_profile = "default"\n  shared_credential_file = "{file}"\n'
