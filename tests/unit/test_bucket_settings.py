"""The settings of a bucket are looked at before anything is sent."""

import pytest

from webapp.services.backup.bucket_settings import WrongBucketSetting, bucket_at

RIGHT = {
    "BACKUPS_ENDPOINT": "https://s3.eu-west-2.example.com/",
    "BACKUPS_REGION": "eu-west-2",
    "BACKUPS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "BACKUPS_SECRET_ACCESS_KEY": "a-secret-of-the-store",
}


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("s3://hearth", "s3://hearth"),
        ("s3://hearth/", "s3://hearth"),
        ("s3://hearth.backups/a/b/", "s3://hearth.backups/a/b"),
    ],
)
def test_a_bucket_has_a_name_and_perhaps_a_prefix(address: str, name: str) -> None:
    place = bucket_at(address, RIGHT)
    assert place.name == name
    assert place.endpoint == "https://s3.eu-west-2.example.com"
    assert RIGHT["BACKUPS_SECRET_ACCESS_KEY"] not in repr(place)


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost", "https://a.example"],
)
def test_tls_is_needed_but_on_this_machine(endpoint: str) -> None:
    assert bucket_at("s3://hearth", {**RIGHT, "BACKUPS_ENDPOINT": endpoint}).endpoint == endpoint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKUPS_ENDPOINT", "http://s3.example.com"),
        ("BACKUPS_ENDPOINT", "http://127.0.0.1.example.com"),
        ("BACKUPS_ENDPOINT", "http://10.0.0.1"),
        ("BACKUPS_ENDPOINT", "https://user:secret@s3.example.com"),
        ("BACKUPS_ENDPOINT", "https://s3.example.com/hearth"),
        ("BACKUPS_ENDPOINT", "https://s3.example.com:port"),
        ("BACKUPS_ENDPOINT", "s3.example.com"),
        ("BACKUPS_ENDPOINT", ""),
        ("BACKUPS_REGION", " "),
        ("BACKUPS_ACCESS_KEY_ID", ""),
        ("BACKUPS_SECRET_ACCESS_KEY", ""),
        ("BACKUPS_OLD_VERSIONS", "yes"),
        ("BACKUPS", "s3://Hearth/../other bucket"),
        ("BACKUPS", "s3://"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(name: str, value: str) -> None:
    address = value if name == "BACKUPS" else "s3://hearth"
    with pytest.raises(WrongBucketSetting, match=name) as wrong:
        bucket_at(address, {**RIGHT, name: value})
    assert "secret" not in str(wrong.value)
