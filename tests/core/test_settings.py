"""Settings are checked at start, and what is wrong is said in words."""

import stat

import pytest

from core.settings import Settings, SettingsError, load_settings, secret_of


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith("YUNSHEQU_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("YUNSHEQU_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("YUNSHEQU_CONFIG", str(tmp_path / "yunshequ.toml"))
    return tmp_path


def test_defaults_need_nothing(clean):
    settings = load_settings()

    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.database == f"sqlite:///{clean / 'var' / 'yunshequ.db'}"
    assert settings.accounts() == ()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LISTEN", "8080", "设置 YUNSHEQU_LISTEN 不对：应写成 地址:端口"),
        ("LISTEN", "127.0.0.1:99999", "设置 YUNSHEQU_LISTEN 不对"),
        ("SECRET_KEY", "short", "设置 YUNSHEQU_SECRET_KEY 不对：至少要 32 个字符"),
        ("DATABASE_URL", "mysql://x/y", "只支持 sqlite 和 postgresql"),
        ("DATABASE_URL", "::::", "应写成 sqlite:///路径"),
        ("LOG_LEVEL", "LOUD", "设置 YUNSHEQU_LOG_LEVEL 不对"),
    ],
)
def test_wrong_setting_is_named(monkeypatch, name, value, words):
    monkeypatch.setenv(f"YUNSHEQU_{name}", value)

    with pytest.raises(SettingsError) as error:
        load_settings()
    assert words in str(error.value)


def test_wrong_wechat_key_is_named(monkeypatch):
    monkeypatch.setenv("YUNSHEQU_WECHAT_TOKEN", "token")
    monkeypatch.setenv("YUNSHEQU_WECHAT_APP_ID", "wx1")
    monkeypatch.setenv("YUNSHEQU_WECHAT_AES_KEY", "tooshort")

    with pytest.raises(SettingsError, match="YUNSHEQU_WECHAT_AES_KEY"):
        load_settings()


def test_accounts_come_from_environment_and_file(monkeypatch, clean):
    monkeypatch.setenv("YUNSHEQU_WECHAT_TOKEN", "token")
    monkeypatch.setenv("YUNSHEQU_WECHAT_APP_ID", "wx1")
    (clean / "yunshequ.toml").write_text(
        '[[wechat]]\nname = "hyc"\ntoken = "t2t"\napp_id = "wx2"\ncommunity = "HYC"\n', "utf-8"
    )

    assert [a.name for a in load_settings().accounts()] == ["main", "hyc"]


@pytest.mark.parametrize(
    "text", ["[[wechat]]\nname = ", '[[wechat]]\nname = "main"\ntoken = "ttt"\napp_id = "w"\nx = 1']
)
def test_wrong_file_is_named(clean, text):
    (clean / "yunshequ.toml").write_text(text, "utf-8")

    with pytest.raises(SettingsError, match=r"yunshequ\.toml"):
        load_settings()


def test_secret_is_made_once_and_for_the_owner_alone():
    settings = Settings()

    secret = secret_of(settings)
    assert secret_of(settings) == secret
    assert len(secret) >= 32
    mode = stat.S_IMODE((settings.data_dir / "secret.key").stat().st_mode)
    assert mode == 0o600


def test_postgresql_urls_are_understood(monkeypatch):
    monkeypatch.setenv("YUNSHEQU_DATABASE_URL", "postgresql://u:p@h/d")

    assert load_settings().database == "postgresql+psycopg://u:p@h/d"
