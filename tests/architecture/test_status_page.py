"""What the template promises of the public page: who writes it, who may read it, and how."""

import json
import re
from typing import Any

import pytest

from tests.architecture.cloudformation import PROJECT, load_template
from tests.unit.pages.boards import CALM
from tocsin.adapters import site
from tocsin.adapters.dynamodb import WORST_SECONDS
from tocsin.pages.publication import Face, draw

TEMPLATE = load_template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
NOTHING = {"Ref": "AWS::NoValue"}
BUCKET = {"Fn::Sub": "${StatusBucket.Arn}/*"}


def policies(role: str) -> list[Any]:
    found: list[Any] = RESOURCES[role]["Properties"]["Policies"]
    return found


def statements() -> list[Any]:
    document = RESOURCES["StatusBucketPolicy"]["Properties"]["PolicyDocument"]
    found: list[Any] = document["Statement"]
    return found


def distribution() -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES["StatusDistribution"]["Properties"]["DistributionConfig"]
    return found


def headers() -> dict[str, Any]:
    policy = RESOURCES["StatusHeaders"]["Properties"]
    found: dict[str, Any] = policy["ResponseHeadersPolicyConfig"]
    return found


def test_there_is_no_public_page_unless_somebody_asks_for_one() -> None:
    assert PARAMETERS["StatusPage"]["Default"] == "none"
    assert {
        name: each["Condition"] for name, each in RESOURCES.items() if name.startswith("Status")
    } == {
        "StatusBucket": "HasStatusPage",
        "StatusBucketPolicy": "HasStatusPage",
        "StatusAccess": "HasStatusDistribution",
        "StatusHeaders": "HasStatusDistribution",
        "StatusDistribution": "HasStatusDistribution",
        "StatusPageOwedAlarm": "HasStatusPage",
    }


@pytest.mark.parametrize("condition", ["HasStatusPage", "HasStatusDistribution"])
def test_a_probe_stack_has_none_whatever_it_is_given(condition: str) -> None:
    assert {"Condition": "IsHome"} in TEMPLATE["Conditions"][condition]["Fn::And"]


def test_the_aggregator_writes_that_bucket_and_may_nothing_else_in_s3() -> None:
    (conditional,) = (
        p["Fn::If"] for p in policies("AggregatorRole") if "HasStatusPage" in p.get("Fn::If", ())
    )

    rights = conditional[1]["PolicyDocument"]["Statement"]
    assert [each for each in rights if "s3:" in str(each["Action"])] == [
        {
            "Sid": "WriteTheStatusPage",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": BUCKET,
        }
    ]
    assert conditional[2] == NOTHING


def test_no_other_role_has_any_right_in_s3() -> None:
    for name, each in RESOURCES.items():
        if each["Type"] == "AWS::IAM::Role" and name != "AggregatorRole":
            assert "s3:" not in json.dumps(each["Properties"])


def test_the_aggregator_is_told_of_a_bucket_only_where_there_is_one() -> None:
    variables = RESOURCES["AggregatorFunction"]["Properties"]["Environment"]["Variables"]

    assert variables["TOCSIN_SITE_BUCKET"] == {
        "Fn::If": ["HasStatusPage", {"Ref": "StatusBucket"}, ""]
    }


def test_the_bucket_is_private() -> None:
    bucket = RESOURCES["StatusBucket"]["Properties"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "WebsiteConfiguration" not in bucket


def test_the_bucket_does_not_keep_the_stack_from_being_deleted() -> None:
    """CloudFormation fails on a bucket that is not empty."""
    assert RESOURCES["StatusBucket"]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES["StatusBucket"]["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_is_read_by_its_distribution_alone_and_never_in_the_clear() -> None:
    denied, allowed = statements()

    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    condition, statement, otherwise = allowed["Fn::If"]
    assert condition == "HasStatusDistribution"
    assert otherwise == NOTHING
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Action"] == "s3:GetObject"
    assert statement["Resource"] == BUCKET
    (source,) = statement["Condition"]["StringEquals"].items()
    assert source == (
        "aws:SourceArn",
        {
            "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:"
            "distribution/${StatusDistribution}"
        },
    )


def test_the_distribution_signs_what_it_asks_for() -> None:
    (origin,) = distribution()["Origins"]
    access = RESOURCES["StatusAccess"]["Properties"]["OriginAccessControlConfig"]

    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": "StatusAccess.Id"}
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")


def test_the_page_is_read_under_tls_and_never_written_by_the_public() -> None:
    behavior = distribution()["DefaultCacheBehavior"]

    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["AllowedMethods"] == ["GET", "HEAD"]


def test_a_name_of_ones_own_needs_its_certificate() -> None:
    alias, default = distribution()["Aliases"]["Fn::If"], distribution()["ViewerCertificate"]

    assert alias == ["HasStatusAlias", [{"Ref": "StatusPageDomain"}], NOTHING]
    assert default["Fn::If"][1]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert default["Fn::If"][2] == {"CloudFrontDefaultCertificate": True}


def test_browsers_are_told_to_run_nothing_and_to_load_nothing_from_elsewhere() -> None:
    security = headers()["SecurityHeadersConfig"]
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]

    assert dict(part.split(" ", 1) for part in policy.strip().split("; ")) == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert security["FrameOptions"]["FrameOption"] == "DENY"
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert all(each["Override"] is True for each in security.values())


def test_the_page_keeps_to_its_own_content_security_policy() -> None:
    (page,) = (f for f in draw(Face(title="Status"), CALM) if f.path == "index.html")
    text = page.body.decode()

    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|<iframe|<form", text)
    assert not re.search(r'(src|href)="(https?:)?//', text)


def test_badges_and_figures_may_be_shown_on_the_pages_of_others() -> None:
    cors = headers()["CorsConfig"]

    assert cors["AccessControlAllowOrigins"] == {"Items": ["*"]}
    assert cors["AccessControlAllowCredentials"] is False
    assert {"GET", "HEAD"} == set(cors["AccessControlAllowMethods"]["Items"])
    assert headers()["CustomHeadersConfig"]["Items"][0]["Value"] == "cross-origin"


@pytest.mark.parametrize("name", ["status.example.com", "s.example.co", ""])
def test_a_plain_name_is_a_domain(name: str) -> None:
    assert re.fullmatch(PARAMETERS["StatusPageDomain"]["AllowedPattern"], name)


@pytest.mark.parametrize("name", ["https://a.b", "a.b/", "A.b", "a b.c", "localhost", "*.a.b"])
def test_what_is_no_name_is_no_domain(name: str) -> None:
    assert not re.fullmatch(PARAMETERS["StatusPageDomain"]["AllowedPattern"], name)


def test_a_file_and_its_note_fit_into_what_is_kept_for_them() -> None:
    source = (PROJECT / "functions" / "aggregator" / "handler.py").read_text()
    (kept,) = re.findall(r"PUBLISHING_NEEDS = timedelta\(seconds=(\d+)\)", source)
    bounds: Any = site.BOUNDS

    assert bounds.retries["total_max_attempts"] == 1
    assert bounds.connect_timeout + bounds.read_timeout <= site.WORST_SECONDS
    assert int(kept) >= site.WORST_SECONDS + WORST_SECONDS
