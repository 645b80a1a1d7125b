"""Who may do what: a request against every policy that has a say in it, as AWS decides. Then each call that the
program was seen to make, in each role, against the templates' policies: nothing refused, nothing granted in vain,
nothing of another tenant."""

import json
import re
from dataclasses import dataclass

from templates import ACCOUNT, DEPLOY, REGION

# The permission set or task role that each role of calls.json has.
ROLES = {
    "operator": ("tenant/Identity", "Operator"),
    "knowledge manager": ("tenant/Identity", "KnowledgeManager"),
    "model developer": ("tenant/Identity", "ModelDeveloper"),
    "service": ("tenant/Service", "Role"),
}


@dataclass(frozen=True)
class Request:
    action: str
    resource: str
    context: tuple[tuple[str, str], ...]


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def like(pattern: str, value: str, ignore_case: bool = False) -> bool:
    pattern = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, value, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def condition_holds(operator: str, key: str, wanted: list, context: dict[str, str]) -> bool:
    base, optional = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    present = key in context
    negated = "Not" in base
    if not present:
        return optional or negated
    value = context[key]
    match base:
        case "StringEquals" | "ArnEquals" | "Bool":
            return value in map(str, wanted)
        case "StringNotEquals":
            return value not in map(str, wanted)
        case "StringLike" | "ArnLike":
            return any(like(str(w), value) for w in wanted)
    raise ValueError(f"the condition {operator} is not known here")


def applies(statement: dict, request: Request) -> bool:
    context = dict(request.context)
    return (
        any(like(a, request.action, ignore_case=True) for a in as_list(statement["Action"]))
        and any(like(r, request.resource) for r in as_list(statement["Resource"]))
        and all(
            condition_holds(operator, key, as_list(wanted), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def verdict(policies: list[dict], request: Request) -> str:
    """`deny`, `allow` or, where nobody says anything, `nothing`."""
    said = {s["Effect"] for p in policies for s in p["Statement"] if applies(s, request)}
    return "deny" if "Deny" in said else "allow" if "Allow" in said else "nothing"


class Tenant:
    """A tenant's plain templates, as far as they say who may do what."""

    def __init__(self, stacks: dict[str, dict]):
        self.stacks = stacks
        self.name = self.properties("tenant/Identity", "Operator")["Name"].removesuffix("-operator")

    def properties(self, stack: str, resource: str) -> dict:
        return self.stacks[stack]["Resources"][resource]["Properties"]

    def role(self, role: str) -> list[dict]:
        stack, resource = ROLES[role]
        if stack not in self.stacks:
            return []
        properties = self.properties(stack, resource)
        if "InlinePolicy" in properties:
            return [properties["InlinePolicy"]]
        return [p["PolicyDocument"] for p in properties["Policies"]]

    def bucket(self, of: str) -> str:
        return "arn:aws:s3:::" + self.properties(f"tenant/{of.capitalize()}", "Bucket")["BucketName"]

    def key(self, of: str) -> str:
        stack = f"tenant/{of.capitalize()}"
        encryption = self.properties(stack, "Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        return encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]

    def has(self, resource: str) -> bool:
        """Whether it has what a call is about; a tenant may have no reranking model."""
        kind, _, name = resource.partition("/")
        return kind != "endpoint" or f"tenant/Models/{name.capitalize()}" in self.stacks

    def request(self, call: dict) -> Request:
        """A call of calls.json, with this tenant's names."""
        context = {
            "aws:SecureTransport": "true",
            "aws:PrincipalAccount": ACCOUNT,
            "aws:PrincipalIsAWSService": "false",
        }
        kind, _, rest = call["resource"].replace("TENANT", self.name).partition("/")
        match kind:
            case "endpoint":
                arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/mortar-{self.name}-{rest}"
            case "key":
                arn = self.key(rest)
                context |= {"kms:ViaService": f"s3.{REGION}.amazonaws.com", "kms:CallerAccount": ACCOUNT}
            case _:
                arn = self.bucket(kind) + (f"/{rest}" if rest else "")
        if "sealed_with" in call:
            context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = self.key(call["sealed_with"])
        return Request(call["action"], arn, tuple(context.items()))

    def resource_policies(self, call: dict) -> list[dict]:
        kind, _, rest = call["resource"].partition("/")
        if kind == "endpoint":
            return []
        if kind == "key":
            return [self.properties(f"tenant/{rest.capitalize()}", "Key")["KeyPolicy"]]
        return [self.properties(f"tenant/{kind.capitalize()}", "BucketPolicy")["PolicyDocument"]]

    def way(self, role: str, call: dict) -> dict | None:
        """The policy of the VPC endpoint that a call goes through. S3 itself asks KMS."""
        kind = call["resource"].partition("/")[0]
        if kind == "key":
            return None
        s3 = "S3Gateway" if role == "service" else "S3"
        endpoint = "SageMakerRuntime" if kind == "endpoint" else s3
        return self.properties("tenant/Network", endpoint)["PolicyDocument"]

    def refusals(self, role: str, call: dict) -> list[str]:
        """Who refuses a call; nobody, where it goes through."""
        request, out = self.request(call), []
        if verdict(self.role(role), request) != "allow":
            out.append("the role's own policy")
        said = verdict(self.resource_policies(call), request)
        # In one account a bucket need not allow what the role may; a key must.
        if said == "deny" or (call["resource"].startswith("key/") and said != "allow"):
            out.append("the policy of the bucket or key")
        way = self.way(role, call)
        if way and verdict([way], request) != "allow":
            out.append("the VPC endpoint")
        return out


def recorded() -> list[dict]:
    """What was seen, and the same of the service's task: it answers as an operator's desk does."""
    calls = json.loads((DEPLOY / "calls.json").read_text())["calls"]
    return calls + [{**c, "role": "service"} for c in calls if c["role"] == "operator"]


def check(tenants: list[Tenant], calls: list[dict]) -> list[str]:
    out = []
    for tenant in tenants:
        for call in calls:
            if tenant.has(call["resource"]) and tenant.role(call["role"]):
                out += [
                    f"{tenant.name}, {call['role']}: {call['action']} on {call['resource']}: refused by {who}"
                    for who in tenant.refusals(call["role"], call)
                ]
        out += [f"{tenant.name}, {role}: {vain}" for role in ROLES for vain in in_vain(tenant, role, calls)]
    for own in tenants:
        for other in tenants:
            if own is not other:
                out += across(own, other, calls)
    return out


def in_vain(tenant: Tenant, role: str, calls: list[dict]) -> list[str]:
    """What a role may do and was never seen to do."""
    requests = [tenant.request(c) for c in calls if c["role"] == role]
    out = []
    for statement in (s for p in tenant.role(role) for s in p["Statement"]):
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                alone = {**statement, "Action": action, "Resource": resource}
                if not any(applies(alone, r) for r in requests):
                    out.append(f"{action} on {resource} is granted, and no call needs it")
    return out


def across(own: Tenant, other: Tenant, calls: list[dict]) -> list[str]:
    """What one tenant's roles may do to what is another's."""
    return [
        f"{own.name}, {role}: {call['action']} on {call['resource']} of {other.name} is allowed"
        for call in calls
        for role in ROLES
        if own.role(role) and verdict(own.role(role), other.request(call)) == "allow"
    ]
