"""Holds the templates against validators of others, rules of ours, and what the program was seen to do. Nothing of it
needs a network. The same run plants faults into copies: one that nobody finds is a fault of this."""

import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import parliament
import tomllib

import policies
import structure
from emulate import emulate
from templates import DEPLOY, tenant_parameters, texts, whole, written

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
MOST_WAIVERS = 5
OUTPUTS = DEPLOY.parent / "tests/fixtures/stack-outputs.json"
PLANTED = "planted-"


class Finding(NamedTuple):
    file: str
    rule: str
    says: str

    @property
    def template(self) -> str:
        return self.file.split(".yaml")[0].split("--")[-1] + ".yaml"


def output(command: list) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if not done.stdout.strip():
        raise RuntimeError(f"{command[0]} says nothing: {done.stderr}")
    return done.stdout


def cfn_lint(folder: Path) -> list[Finding]:
    found = json.loads(output([BIN / "cfn-lint", "--format", "json", *sorted(folder.iterdir())]))
    return [Finding(Path(f["Filename"]).name, f"cfn-lint {f['Rule']['Id']}", f["Message"]) for f in found]


def checkov(folder: Path) -> list[Finding]:
    found = json.loads(
        output(
            [
                BIN / "checkov",
                "--directory",
                folder,
                "--framework",
                "cloudformation",
                "--skip-download",
                "--compact",
                "--quiet",
                "--output",
                "json",
            ]
        )
    )
    failed = found["results"]["failed_checks"]
    return [
        Finding(Path(f["file_path"]).name, f"checkov {f['check_id']}", f"{f['resource']}: {f['check_name']}")
        for f in failed
    ]


def cfn_guard(folder: Path) -> list[Finding]:
    package = BIN.parent / "npm/node_modules/@cdklabs/cdk-validator-cfnguard"
    system = "macos" if sys.platform == "darwin" else "ubuntu"
    machine = "aarch64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    found = json.loads(
        output(
            [
                package / "bin" / system / machine / "cfn-guard",
                "validate",
                "--structured",
                "--show-summary",
                "none",
                "--output-format",
                "json",
                "--rules",
                package / "rules/control-tower",
                "--data",
                folder,
            ]
        )
    )
    return [
        Finding(Path(f["name"]).name, f"cfn-guard {rule['Rule']['name']}", "")
        for f in found
        for rule in f["not_compliant"]
    ]


OUTSIDE: dict[str, Callable[[Path], list[Finding]]] = {"cfn-lint": cfn_lint, "checkov": checkov, "cfn-guard": cfn_guard}


@cache
def parliament_on(document: str) -> list[str]:
    return [f"{f.issue} {f.detail}" for f in parliament.analyze_policy_string(document).findings]


def by_parliament(stacks: dict[str, dict]) -> list[str]:
    out = []
    for path, stack in stacks.items():
        for name, resource in stack["Resources"].items():
            p = resource["Properties"]
            documents = [p["InlinePolicy"]] if "InlinePolicy" in p else []
            documents += [x["PolicyDocument"] for x in p.get("Policies", [])]
            out += [f"{path} {name}: {found}" for d in documents for found in parliament_on(json.dumps(d))]
    return out


class Case:
    """The templates, or a copy with one fault; of each tenant, what they come to."""

    def __init__(self, templates: dict[str, dict]):
        self.written = templates
        pharmacy = tenant_parameters("pharmacy")
        given = {
            "pharmacy": pharmacy,
            "clinic": tenant_parameters("clinic"),
            # Whose name begins like another's.
            "pharmacy-east": {**pharmacy, "Tenant": "pharmacy-east", "Cidr": "10.42.0.0/20"},
        }
        made = {name: whole(templates, values) for name, values in given.items()}
        self.tenants = {name: stacks for name, (stacks, _) in made.items()}
        self.outputs = made["pharmacy"][1]

    def found_by(self, who: str) -> list[str]:
        return INSIDE[who](self)

    def write_plain(self, folder: Path, prefix: str = "", only: str | None = None):
        """Each stack in a file named for its template: no intrinsic function hides what is there."""
        for tenant, stacks in self.tenants.items():
            for path, stack in stacks.items():
                name = path.rsplit("/", 1)[-1]
                template = "endpoint" if "/Models/" in path else name.lower()
                if only in (None, template) and tenant != "pharmacy-east":
                    (folder / f"{prefix}{template}.yaml.{tenant}.{name}.json").write_text(json.dumps(stack))


INSIDE: dict[str, Callable[[Case], list[str]]] = {
    "structure": lambda case: structure.check(case.written, case.tenants),
    "policies": lambda case: policies.check([policies.Tenant(s) for s in case.tenants.values()], policies.recorded()),
    "parliament": lambda case: [f"{t} {f}" for t, stacks in case.tenants.items() for f in by_parliament(stacks)],
}


class Planted:
    """A fault in a copy of one template."""

    def __init__(self, number: int, fault: dict, sound: dict[str, str]):
        self.name, self.template, self.caught_by = fault["name"], fault["template"], fault["caught_by"]
        before = sound[self.template]
        if fault["find"] not in before:
            raise ValueError(f"there is nothing to plant it in: {self.name}")
        self.text = before.replace(fault["find"], fault["replace"], 1)
        self.prefix = f"{PLANTED}{number}--"

    def case(self, sound: Case) -> Case:
        return Case({**sound.written, self.template: written(self.text)})

    def write(self, folder: Path, sound: Case):
        if self.caught_by == "cfn-guard":
            self.case(sound).write_plain(folder, self.prefix, self.template)
        else:
            (folder / f"{self.prefix}{self.template}.yaml").write_text(self.text)


def main() -> int:
    began = time.monotonic()
    sound_texts = texts()
    sound = Case({name: written(text) for name, text in sound_texts.items()})
    faults = tomllib.loads((HERE / "faults.toml").read_text())["fault"]
    faults = [Planted(n, fault, sound_texts) for n, fault in enumerate(faults)]
    waivers = tomllib.loads((HERE / "waivers.toml").read_text())["waiver"]
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(len(OUTSIDE)) as at_once:
        running = {}
        for who, tool in OUTSIDE.items():
            folder = Path(scratch) / who
            folder.mkdir()
            if who == "cfn-guard":
                sound.write_plain(folder)
            else:
                for name, text in sound_texts.items():
                    (folder / f"{name}.yaml").write_text(text)
            for fault in faults:
                if fault.caught_by == who:
                    fault.write(folder, sound)
            running[who] = at_once.submit(tool, folder)
        problems = inside(sound, faults) + emulate(sound) + outputs(sound)
        problems += outside({who: run.result() for who, run in running.items()}, faults, waivers)
    for problem in problems:
        print(f"✗ {problem}", file=sys.stderr)
    print(
        f"{len(sound.written)} templates, {len(policies.recorded())} calls, {len(faults)} planted faults, "
        f"{len(waivers)} waivers: {len(problems)} problems in {time.monotonic() - began:.0f} s"
    )
    return 1 if problems else 0


def inside(sound: Case, faults: list[Planted]) -> list[str]:
    of_sound = {who: sound.found_by(who) for who in INSIDE}
    problems = [f"{who}: {found}" for who, all_found in of_sound.items() for found in all_found]
    for fault in faults:
        if fault.caught_by in INSIDE and not set(fault.case(sound).found_by(fault.caught_by)) - set(
            of_sound[fault.caught_by]
        ):
            problems.append(f"planted, and {fault.caught_by} does not find it: {fault.name}")
    return problems


def outputs(sound: Case) -> list[str]:
    """What `mortar tenant from-stack` is tested with is what the template gives."""
    described = {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": str(v)} for k, v in sound.outputs.items()]}]}
    text = json.dumps(described, indent=2) + "\n"
    if "--write" in sys.argv:
        OUTPUTS.write_text(text)
    return [] if OUTPUTS.read_text() == text else [f"{OUTPUTS} is not what tenant.yaml gives: --write writes it anew"]


def outside(found: dict[str, list[Finding]], faults: list[Planted], waivers: list[dict]) -> list[str]:
    problems = [f"{len(waivers)} waivers, {MOST_WAIVERS} at most"] if len(waivers) > MOST_WAIVERS else []
    of_sound = [f for all_found in found.values() for f in all_found if not f.file.startswith(PLANTED)]
    waived = {(rule, where) for w in waivers for rule in w["finds"] for where in w["where"]}
    problems += [f"{f.template} {f.rule}: {f.says}" for f in of_sound if (f.rule, f.template) not in waived]
    there = {(f.rule, f.template) for f in of_sound}
    for w in waivers:
        for rule in w["finds"]:
            if not any((rule, where) in there for where in w["where"]):
                problems.append(f"nothing needs the waiver of {rule}")
        for where in w["where"]:
            if not any((rule, where) in there for rule in w["finds"]):
                problems.append(f"{where} needs no waiver of {', '.join(w['finds'])}")
    usual = {(f.template, f.rule, f.says) for f in of_sound}
    for fault in faults:
        if fault.caught_by in OUTSIDE:
            own = {(f.template, f.rule, f.says) for f in found[fault.caught_by] if f.file.startswith(fault.prefix)}
            if not own - usual:
                problems.append(f"planted, and {fault.caught_by} does not find it: {fault.name}")
    unknown = [f for f in faults if f.caught_by not in OUTSIDE and f.caught_by not in INSIDE]
    return problems + [f"nobody is called {f.caught_by}: {f.name}" for f in unknown]


if __name__ == "__main__":
    sys.exit(main())
