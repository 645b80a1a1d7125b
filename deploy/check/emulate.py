"""Deploys what an emulator knows (logs, knowledge, feedback) on this machine alone and asks it what came of it. What no
emulator knows is said in README.md."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

import boto3
from botocore.config import Config

from templates import ACCOUNT, DEPLOY, REGION

PACKAGES = DEPLOY.parent / "target/other-s3"
STACKS = ("Logs", "Knowledge", "Feedback")


@contextmanager
def emulator():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PACKAGES),
            "GATEWAY_PORT": str(port),
            # Else it listens on every address.
            "BIND_HOST": "127.0.0.1",
            "S3_DATA_DIR": folder,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
        }
        running = subprocess.Popen(
            [sys.executable, "-S", "-c", "from ministack.app import main; main()"],
            env=environment,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(300):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait()


def emulate(case) -> list[str]:
    if not PACKAGES.is_dir():
        return ["the emulator is not installed: run `cargo xtask setup`"]
    out = []
    with emulator() as url:

        def client(service: str):
            return boto3.client(
                service,
                endpoint_url=url,
                region_name=REGION,
                aws_access_key_id=ACCOUNT,
                aws_secret_access_key="none",
                config=Config(s3={"addressing_style": "path"}),
            )

        formation, s3 = client("cloudformation"), client("s3")
        outputs = {"Tenant": "pharmacy"}
        for name in STACKS:
            declared = case.written[name.lower()]["Parameters"]
            given = [{"ParameterKey": k, "ParameterValue": v} for k, v in outputs.items() if k in declared]
            text = (DEPLOY / f"{name.lower()}.yaml").read_text()
            formation.create_stack(StackName=name, TemplateBody=text, Parameters=given)
            for _ in range(100):
                (stack,) = formation.describe_stacks(StackName=name)["Stacks"]
                if not stack["StackStatus"].endswith("IN_PROGRESS"):
                    break
                time.sleep(0.1)
            if stack["StackStatus"] != "CREATE_COMPLETE":
                out.append(f"{name}: {stack['StackStatus']} {stack.get('StackStatusReason', '')}")
                continue
            outputs |= {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        if out:
            return [f"emulator: {o}" for o in out]
        # It takes encryption, locks and logging, and does nothing with them.
        for bucket in (outputs["KnowledgeBucket"], outputs["FeedbackBucket"]):
            if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
                out.append(f"{bucket} keeps no versions")
            if not all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()):
                out.append(f"{bucket} may be opened")
            if "TlsOnly" not in s3.get_bucket_policy(Bucket=bucket)["Policy"]:
                out.append(f"{bucket} has no policy")
    return [f"emulator: {o}" for o in out]
