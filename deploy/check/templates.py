"""Reads the templates: as they are written, and plain, as one tenant's parameters make them. Knows no rule."""

import json
import re
from pathlib import Path

from cfnlint.decode.cfn_yaml import loads

DEPLOY = Path(__file__).resolve().parent.parent
REGION, ACCOUNT = "us-east-1", "123456789012"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
}
NOTHING = object()


def texts() -> dict[str, str]:
    return {path.stem: path.read_text() for path in sorted(DEPLOY.glob("*.yaml"))}


def written(text: str) -> dict:
    """A template with the short tags spelt out."""
    return json.loads(json.dumps(loads(text)))


def tenant_parameters(tenant: str) -> dict[str, str]:
    return json.loads((DEPLOY / "tenants" / f"{tenant}.json").read_text())["Parameters"]


def whole(templates: dict[str, dict], tenant: dict[str, str]) -> tuple[dict[str, dict], dict[str, str]]:
    """Every stack plain, each with the parameters that its parent hands it; and the outputs of the parent."""
    out: dict[str, dict] = {}

    def descend(name: str, given: dict[str, str], path: str) -> dict:
        stack = Plain(templates[name], given, path, lambda child, values, at: descend(child, values, at))
        out[path] = stack.document()
        return stack.outputs()

    outputs = descend("tenant", tenant, "tenant")
    return out, outputs


class Plain:
    """One stack, with its intrinsic functions done: what CloudFormation would ask the services for."""

    def __init__(self, template: dict, given: dict, path: str, descend):
        self.template, self.path, self.descend = template, path, descend
        declared = template.get("Parameters", {})
        unknown = set(given) - set(declared)
        if unknown:
            raise ValueError(f"{path}: no parameter {sorted(unknown)}")
        self.values = {}
        for name, parameter in declared.items():
            value = given.get(name, parameter.get("Default"))
            if value is None:
                raise ValueError(f"{path}: the parameter {name} is missing")
            if not re.fullmatch(parameter.get("AllowedPattern", "(?s).*"), str(value)):
                raise ValueError(f"{path}: {name} is {value!r}, which is none")
            if value not in parameter.get("AllowedValues", [value]):
                raise ValueError(f"{path}: {name} is {value!r}, one of {parameter['AllowedValues']} is needed")
            if "List" in parameter["Type"]:
                value = value.split(",")
            self.values[name] = int(value) if parameter["Type"] == "Number" else value
        self.children: dict[str, dict] = {}
        for name, resource in self.there().items():
            if resource["Type"] == "AWS::CloudFormation::Stack":
                self.child(name)

    def there(self) -> dict[str, dict]:
        resources = self.template["Resources"]
        return {n: r for n, r in resources.items() if "Condition" not in r or self.holds(r["Condition"])}

    def child(self, name: str) -> dict:
        if name not in self.children:
            properties = self.template["Resources"][name]["Properties"]
            values = {k: self.done(v) for k, v in properties["Parameters"].items()}
            values = {k: ",".join(v) if isinstance(v, list) else v for k, v in values.items()}
            self.children[name] = self.descend(Path(properties["TemplateURL"]).stem, values, f"{self.path}/{name}")
        return self.children[name]

    def document(self) -> dict:
        resources = {n: {**r, "Properties": self.done(r.get("Properties", {}))} for n, r in self.there().items()}
        for resource in resources.values():
            resource.pop("Condition", None)
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}

    def outputs(self) -> dict:
        outputs = self.template.get("Outputs", {})
        return {
            n: self.done(o["Value"]) for n, o in outputs.items() if "Condition" not in o or self.holds(o["Condition"])
        }

    def holds(self, condition) -> bool:
        if isinstance(condition, str):
            return self.holds(self.template["Conditions"][condition])
        ((function, of),) = condition.items()
        if function == "Fn::Equals":
            one, other = (str(self.done(v)) for v in of)
            return one == other
        if function == "Fn::Not":
            return not self.holds(of[0])
        raise ValueError(f"{self.path}: the condition {function} is not known here")

    def done(self, value):
        if isinstance(value, list):
            return [v for v in map(self.done, value) if v is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, of),) = value.items()
            if function == "Ref":
                return NOTHING if of == "AWS::NoValue" else self.ref(of)
            if function.startswith("Fn::"):
                return self.function(function, of)
        out = {k: self.done(v) for k, v in value.items()}
        return {k: v for k, v in out.items() if v is not NOTHING}

    def function(self, function: str, of):
        match function:
            case "Fn::Sub":
                return re.sub(r"\$\{([^}!]+)\}", lambda m: self.named(m[1]), of)
            case "Fn::GetAtt":
                return self.attribute(*(of if isinstance(of, list) else of.split(".", 1)))
            case "Fn::If":
                return self.done(of[1] if self.holds(of[0]) else of[2])
            case "Fn::Join":
                return of[0].join(self.done(of[1]))
            case "Fn::Select":
                return self.done(of[1])[int(of[0])]
            case "Fn::Split":
                return self.done(of[1]).split(of[0])
            case "Fn::GetAZs":
                return [f"{REGION}a", f"{REGION}b"]
            case "Fn::Cidr":
                start = self.done(of[0]).split("/")[0].rsplit(".", 2)[0]
                return [f"{start}.{n}.0/{32 - int(of[2])}" for n in range(int(of[1]))]
        raise ValueError(f"{self.path}: {function} is not known here")

    def named(self, name: str) -> str:
        found = self.attribute(*name.split(".", 1)) if "." in name else self.ref(name)
        return str(found)

    def ref(self, name: str):
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.values:
            return self.values[name]
        resource = self.template["Resources"][name]
        named = NAMED_BY.get(resource["Type"])
        if named and named in resource.get("Properties", {}):
            return self.done(resource["Properties"][named])
        if resource["Type"] in ARN_IS_REF:
            return self.arn(name)
        return f"{self.path}/{name}".replace("/", "-").lower()

    def attribute(self, name: str, attribute: str):
        resource = self.template["Resources"][name]
        if resource["Type"] == "AWS::CloudFormation::Stack":
            return self.child(name)[attribute.removeprefix("Outputs.")]
        if attribute in ("Arn", "PermissionSetArn"):
            return self.arn(name)
        if attribute == "DnsEntries":
            service = self.done(resource["Properties"]["ServiceName"]).split(".", 3)[3]
            host = ".".join(reversed(service.split(".")))
            star = "*." if service == "s3" else ""
            return [f"Z1EXAMPLE:{star}vpce-0example-{name.lower()}.{host}.{REGION}.vpce.amazonaws.com"]
        return self.ref(name)

    def arn(self, name: str) -> str:
        kind = self.template["Resources"][name]["Type"]
        own = f"{self.path}/{name}".replace("/", "-").lower()
        if kind == "AWS::S3::Bucket":
            return f"arn:aws:s3:::{self.ref(name)}"
        if kind == "AWS::KMS::Key":
            # A tenant's keys are its own: the name in an ARN is a number that AWS draws.
            return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{self.values['Tenant']}-{own}"
        if kind == "AWS::Logs::LogGroup":
            return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{self.ref(name)}:*"
        service = kind.split("::")[1].lower()
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{own}"


# What `Ref` gives for the kinds that these templates name themselves.
NAMED_BY = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::ECS::Cluster": "ClusterName",
}
ARN_IS_REF = {
    "AWS::SNS::Topic",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ElasticLoadBalancingV2::Listener",
}
