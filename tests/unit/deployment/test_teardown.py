"""What is told of what stays when a stack is gone."""

import pytest

from tocsin_cli.deployment.teardown import BUCKET, TABLE, Kept, mend


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        pytest.param(
            TABLE, "`tocsin destroy --data`", id="a table is found by its name in the file"
        ),
        pytest.param(
            BUCKET,
            "`aws s3 rb --force s3://kept --region eu-west-1`",
            id="a bucket has a name that only the stack knew",
        ),
    ],
)
def test_what_stays_is_told_with_what_deletes_it(kind: str, says: str) -> None:
    assert mend(Kept(region="eu-west-1", kind=kind, name="kept")) == says
