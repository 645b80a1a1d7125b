"""What validators of others do not see: what must be made before what, ports that must agree, names that must be a
tenant's own, and that no policy of ours has a star in what it allows."""

import re

from policy_sentry.querying.actions import get_actions_that_support_wildcard_arns_only

from policies import as_list

LONGEST_STREAM_END = 120
HEARTBEAT = 15


def check(written: dict[str, dict], tenants: dict[str, dict[str, dict]]) -> list[str]:
    """`written`: templates by name. `tenants`: of each tenant, its plain stacks by path."""
    out = []
    for name, template in written.items():
        for rule in (made_in_order, kept, unnamed_configurations):
            out += [f"{name}: {found}" for found in rule(template["Resources"])]
    for tenant, stacks in tenants.items():
        for path, stack in stacks.items():
            for rule in (actions, buckets, open_ports, ports_agree, timeouts, images):
                out += [f"{tenant} {path}: {found}" for found in rule(stack["Resources"])]
        out += [f"{tenant}: {found}" for found in endpoint_policies(tenant, stacks)]
        out += [f"{tenant}: {found}" for found in alarms(stacks)]
    return out + apart(tenants)


def of_type(resources: dict, kind: str) -> dict[str, dict]:
    return {n: r for n, r in resources.items() if r["Type"] == kind}


def before(resource: dict) -> set[str]:
    return set(as_list(resource.get("DependsOn", [])))


def made_in_order(resources: dict) -> list[str]:
    """A target group of a balancer needs that balancer's listener, and a service of tasks its target group's."""
    out = []
    listeners = of_type(resources, "AWS::ElasticLoadBalancingV2::Listener")
    for name, group in of_type(resources, "AWS::ElasticLoadBalancingV2::TargetGroup").items():
        if group["Properties"].get("TargetType") == "alb":
            balancers = [t["Id"] for t in group["Properties"]["Targets"]]
            needed = {n for n, r in listeners.items() if r["Properties"]["LoadBalancerArn"] in balancers}
            if not needed or not needed & before(group):
                out.append(f"{name} must be made after a listener of its balancer")
    for name, service in of_type(resources, "AWS::ECS::Service").items():
        for balancer in service["Properties"].get("LoadBalancers", []):
            needed = {
                n
                for n, r in listeners.items()
                if any(a.get("TargetGroupArn") == balancer["TargetGroupArn"] for a in r["Properties"]["DefaultActions"])
            }
            if not needed & before(service):
                out.append(f"{name} must be made after the listener of its target group")
    return out


def kept(resources: dict) -> list[str]:
    """Whoever takes a stack down takes no knowledge, no record and no key with it."""
    kinds = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup")
    return [
        f"{n} must be retained when its stack goes"
        for n, r in resources.items()
        if r["Type"] in kinds and (r.get("DeletionPolicy"), r.get("UpdateReplacePolicy")) != ("Retain", "Retain")
    ]


def unnamed_configurations(resources: dict) -> list[str]:
    """They cannot be changed: with a name of its own, the next one could not be made."""
    kinds = ("AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Model")
    named = ("EndpointConfigName", "ModelName")
    return [
        f"{n} must have no name of its own"
        for n, r in resources.items()
        if r["Type"] in kinds and any(k in r["Properties"] for k in named)
    ]


def statements(resources: dict):
    """Every statement of every policy, whose it is, and whether it is of a key, which names no resource but itself."""
    for name, resource in resources.items():
        p = resource["Properties"]
        documents = [p[k] for k in ("PolicyDocument", "KeyPolicy", "InlinePolicy") if k in p]
        documents += [x["PolicyDocument"] for x in p.get("Policies", [])]
        for document in documents:
            for statement in document["Statement"]:
                yield name, statement, "KeyPolicy" in p


def actions(resources: dict) -> list[str]:
    out = []
    for name, statement, of_key in statements(resources):
        if statement["Effect"] != "Allow":
            continue
        for action in as_list(statement["Action"]):
            if "*" in action:
                out.append(f"{name} allows {action}: each action must be named")
            if "*" in as_list(statement["Resource"]) and not of_key and not knows_no_resource(action):
                out.append(f"{name} allows {action} on everything")
        principal = statement.get("Principal")
        if principal in ("*", {"AWS": "*"}) and resources[name]["Type"] != "AWS::EC2::VPCEndpoint":
            out.append(f"{name} allows everybody")
    return out


def knows_no_resource(action: str) -> bool:
    return action in get_actions_that_support_wildcard_arns_only(action.split(":")[0])


def buckets(resources: dict) -> list[str]:
    out = []
    policies = {
        r["Properties"]["Bucket"]: r["Properties"]["PolicyDocument"]["Statement"]
        for r in of_type(resources, "AWS::S3::BucketPolicy").values()
    }
    for name, bucket in of_type(resources, "AWS::S3::Bucket").items():
        p = bucket["Properties"]
        arn = f"arn:aws:s3:::{p['BucketName']}"
        denied = [
            s
            for s in policies.get(p["BucketName"], [])
            if s["Effect"] == "Deny"
            and s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            and s["Action"] == "s3:*"
            and set(s["Resource"]) == {arn, f"{arn}/*"}
        ]
        if not denied:
            out.append(f"{name} must be closed to all but TLS")
        if p.get("OwnershipControls") != {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}:
            out.append(f"{name} must own what is written into it")
        encryption = p.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [{}])[0]
        own_key = encryption.get("ServerSideEncryptionByDefault", {}).get("SSEAlgorithm") == "aws:kms"
        if own_key and not encryption.get("BucketKeyEnabled"):
            out.append(f"{name} must have a bucket key: without it each object costs a call of KMS")
        if not own_key and not p["BucketName"].split("-")[-2] == "logs":
            out.append(f"{name} must be encrypted with the tenant's key")
    return out


def open_ports(resources: dict) -> list[str]:
    """Nobody speaks to anything but to one port, and nobody comes from everywhere or goes everywhere."""
    out = []
    for name, resource in resources.items():
        p = resource["Properties"]
        rules = [*p.get("SecurityGroupIngress", []), *p.get("SecurityGroupEgress", [])]
        if resource["Type"] in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
            rules.append(p)
        for rule in rules:
            if rule.get("CidrIp", "").endswith("/0") or rule["IpProtocol"] == "-1":
                out.append(f"{name} is open to everybody")
            if rule.get("FromPort") != rule.get("ToPort"):
                out.append(f"{name} opens more than one port")
    return out


def ports_agree(resources: dict) -> list[str]:
    """From the listener to the container, each says the same port as the next."""
    services = of_type(resources, "AWS::ECS::Service")
    if not services:
        return []
    out = []
    (task,) = of_type(resources, "AWS::ECS::TaskDefinition").values()
    container = {int(m["ContainerPort"]) for c in task["Properties"]["ContainerDefinitions"] for m in c["PortMappings"]}
    groups = of_type(resources, "AWS::ElasticLoadBalancingV2::TargetGroup")
    (listener,) = [
        r["Properties"]
        for r in of_type(resources, "AWS::ElasticLoadBalancingV2::Listener").values()
        if r["Properties"]["Protocol"] == "HTTPS"
    ]
    for name, group in groups.items():
        p = group["Properties"]
        wanted = {int(listener["Port"])} if p["TargetType"] == "alb" else container
        ports = {int(p["Port"])} | {int(t["Port"]) for t in p.get("Targets", [])}
        if ports != wanted:
            out.append(f"{name} is at {sorted(ports)}, what it leads to at {sorted(wanted)}")
    for service in services.values():
        if {int(b["ContainerPort"]) for b in service["Properties"]["LoadBalancers"]} != container:
            out.append("the service names another port than its container")
    opened = {
        int(rule["FromPort"])
        for r in resources.values()
        for rule in (
            [r["Properties"]]
            if r["Type"].startswith("AWS::EC2::SecurityGroup") and "FromPort" in r["Properties"]
            else r["Properties"].get("SecurityGroupIngress", [])
        )
    }
    if opened != container | {int(listener["Port"])}:
        out.append(f"the groups open {sorted(opened)}, {sorted(container | {int(listener['Port'])})} is listened to")
    return out


def attributes(resource: dict, key: str) -> dict[str, str]:
    return {a["Key"]: str(a["Value"]) for a in resource["Properties"].get(key, [])}


def timeouts(resources: dict) -> list[str]:
    """A stream is not cut while it is silent between two heartbeats, nor while a task ends it."""
    out = []
    for name, balancer in of_type(resources, "AWS::ElasticLoadBalancingV2::LoadBalancer").items():
        idle = attributes(balancer, "LoadBalancerAttributes").get("idle_timeout.timeout_seconds", "60")
        if balancer["Properties"].get("Type") == "application" and int(idle) < 2 * HEARTBEAT:
            out.append(f"{name} cuts streams between two heartbeats")
    for name, group in of_type(resources, "AWS::ElasticLoadBalancingV2::TargetGroup").items():
        delay = attributes(group, "TargetGroupAttributes").get("deregistration_delay.timeout_seconds", "300")
        if group["Properties"]["TargetType"] != "alb" and int(delay) < LONGEST_STREAM_END:
            out.append(f"{name} cuts streams before a task has ended them")
    for name, task in of_type(resources, "AWS::ECS::TaskDefinition").items():
        for container in task["Properties"]["ContainerDefinitions"]:
            if int(container.get("StopTimeout", 30)) != LONGEST_STREAM_END:
                out.append(f"{name} is killed before it has ended its streams")
    return out


def images(resources: dict) -> list[str]:
    """By digest: what runs is what was looked at."""
    found = []
    for name, resource in resources.items():
        p = resource["Properties"]
        named = [c["Image"] for c in p.get("ContainerDefinitions", [])]
        named += [p["PrimaryContainer"]["Image"]] if "PrimaryContainer" in p else []
        found += [f"{name} runs {i}, which is no digest" for i in named if not re.search(r"@sha256:[0-9a-f]{64}$", i)]
    return found


def endpoint_policies(tenant: str, stacks: dict[str, dict]) -> list[str]:
    """What goes out of a VPC goes to the tenant's own: a stolen key of another account is of no use in it."""
    out, seen = [], set()
    own = re.compile(
        rf"arn:aws:s3:::mortar-{tenant}-(knowledge|feedback|capture)-\d{{12}}(/\*)?"
        rf"|arn:aws:sagemaker:[^:]+:\d{{12}}:endpoint/mortar-{tenant}-(embedding|reranking|checking|generation)"
        rf"|arn:aws:logs:[^:]+:\d{{12}}:log-group:(/mortar/{tenant}/\*|/aws/sagemaker/Endpoints/mortar-{tenant}-\w+:\*)"
        r"|arn:aws:ecr:[^:]+:\d{12}:repository/mortar-serve"
    )
    # Not the tenant's, and only read: layers of images, weights of models.
    read = re.compile(r"arn:aws:s3:::(prod-[^:]+-starport-layer-bucket/\*|[^:]*model[^:]*)")
    for name, endpoint in of_type(stacks["tenant/Network"]["Resources"], "AWS::EC2::VPCEndpoint").items():
        seen.add(endpoint["Properties"]["ServiceName"].split(".", 3)[3])
        if "PolicyDocument" not in endpoint["Properties"]:
            out.append(f"{name} lets everything through: it has no policy")
            continue
        for statement in endpoint["Properties"]["PolicyDocument"]["Statement"]:
            aliases = statement.get("Condition", {}).get("ForAnyValue:StringEquals", {}).get("kms:ResourceAliases", [])
            by_alias = aliases and all(re.fullmatch(rf"alias/mortar-{tenant}-\w+", a) for a in aliases)
            only_reads = not {"s3:PutObject", "s3:DeleteObject"} & set(as_list(statement["Action"]))
            for resource in as_list(statement["Resource"]):
                whole = resource == "*" and all(map(knows_no_resource, as_list(statement["Action"])))
                if not (own.fullmatch(resource) or by_alias or whole or (only_reads and read.fullmatch(resource))):
                    out.append(f"{name} lets through what is not the tenant's: {resource}")
    for service in {"s3", "sagemaker.runtime", "kms", "logs", "ecr.api", "ecr.dkr"} - seen:
        out.append(f"no endpoint of {service}")
    return out


def alarms(stacks: dict[str, dict]) -> list[str]:
    """Capture ends without a word where a disk is fuller than three quarters."""
    watched = {
        d["Value"]
        for r in of_type(stacks["tenant/Watch"]["Resources"], "AWS::CloudWatch::Alarm").values()
        if r["Properties"]["MetricName"] == "DiskUtilization" and float(r["Properties"]["Threshold"]) < 75
        for d in r["Properties"]["Dimensions"]
        if d["Name"] == "EndpointName"
    }
    named = {
        r["Properties"]["EndpointName"]
        for s in stacks.values()
        for r in of_type(s["Resources"], "AWS::SageMaker::Endpoint").values()
    }
    return [f"{n}: nobody is told when its disk is full" for n in sorted(named - watched)]


def apart(tenants: dict[str, dict[str, dict]]) -> list[str]:
    """Two tenants share no name of anything."""
    names = (
        "BucketName",
        "AliasName",
        "EndpointName",
        "ClusterName",
        "TopicName",
        "TrailName",
        "LogGroupName",
        "BudgetName",
        "DashboardName",
        "InferenceComponentName",
        "Name",
        "CidrBlock",
    )
    owner: dict[tuple, str] = {}
    out = []
    for tenant, stacks in tenants.items():
        for stack in stacks.values():
            for resource in stack["Resources"].values():
                for key in names:
                    value = resource["Properties"].get(key)
                    at = (resource["Type"], key, value)
                    if value and owner.setdefault(at, tenant) != tenant:
                        out.append(f"{tenant} and {owner[at]} have one {resource['Type']}: {value}")
    return out
