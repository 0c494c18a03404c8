"""Settings: from the environment (YUNSHEQU_…), and a TOML file for what repeats."""

import os
import secrets
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "YUNSHEQU_"
SECRET_LENGTH_MIN = 32


class SettingsError(Exception):
    """The settings cannot be used; the message says which and what to do, one line each."""


class WireMode(StrEnum):
    """How the platform sends what people say; as chosen in its console."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SECURE = "secure"


class WechatAccount(BaseModel):
    """One official account; several stand in yunshequ.toml as [[wechat]] tables."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9-]{1,32}$", description="地址里的名字，如 main")
    token: str = Field(min_length=3, max_length=64, description="公众号后台填写的令牌")
    app_id: str = Field(min_length=1, description="公众号的 AppID")
    aes_key: str = Field("", pattern=r"^([A-Za-z0-9]{43})?$", description="消息加解密密钥，43 位")
    secret: str = Field("", description="AppSecret，主动发消息时要用")
    api_base: str = Field("https://api.weixin.qq.com", description="微信接口的地址")
    community: str = Field("", description="没有绑定的人默认算哪个社区（社区代码）")
    mode: WireMode | None = Field(
        None,
        validate_default=True,
        description="plain 明文、compatible 兼容、secure 安全；不写则有密钥是安全模式，没有是明文",
    )

    @field_validator("mode", mode="before")
    @classmethod
    def _leave_open(cls, value: Any) -> Any:
        return value or None

    @field_validator("mode")
    @classmethod
    def _check_mode(cls, value: WireMode | None, info: ValidationInfo) -> WireMode:
        has_key = bool(info.data.get("aes_key"))
        if value is None:
            return WireMode.SECURE if has_key else WireMode.PLAIN
        if value is not WireMode.PLAIN and not has_key and "aes_key" in info.data:
            raise ValueError("兼容和安全模式要先设 43 位的消息加解密密钥")
        return value

    @property
    def wire_mode(self) -> WireMode:
        """The mode in force: secure when there is a key and nothing else was said."""
        assert self.mode is not None, "filled in when it was checked"
        return self.mode


class Settings(BaseSettings):
    """Everything an operator can set. Read once, checked at start."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", env_file=None)

    listen: str = Field("127.0.0.1:8080", description="网页监听的地址和端口")
    base_url: str = Field("", description="居民从外面打开网页用的地址；空则用监听地址")
    data_dir: Path = Field(Path("./var"), description="数据目录：数据库、图片、密钥")
    database_url: str = Field("", description="数据库地址；空则用数据目录里的 SQLite")
    secret_key: str = Field(
        "", description="签名和加密的密钥，至少 32 个字符；空则在数据目录里生成"
    )
    config: Path = Field(Path("yunshequ.toml"), description="TOML 文件，放重复出现的设置")
    simulator: bool = Field(False, description="是否开放 /simulator 演示页面")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="日志级别")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="可信的反向代理地址，逗号分隔；它们报告的来访地址才被采信"
    )
    wechat_token: str = Field("", description="公众号 main 的令牌")
    wechat_aes_key: str = Field("", description="公众号 main 的消息加解密密钥")
    wechat_app_id: str = Field("", description="公众号 main 的 AppID")
    wechat_secret: str = Field("", description="公众号 main 的 AppSecret")
    wechat_api_base: str = Field("https://api.weixin.qq.com", description="微信接口的地址")
    wechat_mode: str = Field(
        "",
        description="公众号 main 的消息模式，和公众号后台选的一样：plain 明文、compatible 兼容、"
        "secure 安全；不写则有密钥时只收安全模式的消息",
    )
    wechat_community: str = Field("", description="公众号 main 默认的社区代码")
    wechat_oauth: bool = Field(False, description="网页是否用微信授权登录")
    nlp_weights: str = Field("", description="自己训练的模型放在哪个目录；空则在数据目录里的 nlp")
    readers: int | None = Field(
        None, ge=0, le=64, description="读消息的进程数；不写则按 CPU 核数，0 表示不另开进程"
    )
    duty_hook_url: str = Field("", description="有危险时通知值班的外部接口（短信、电话），可空")
    duty_hook_secret: str = Field("", description="外部接口的签名密钥")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return (
            tuple(p.strip() for p in value.split(",") if p.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or not 0 <= int(port) <= 65_535:
            raise ValueError("应写成 地址:端口，如 127.0.0.1:8080")
        return value

    @field_validator("secret_key")
    @classmethod
    def _check_secret(cls, value: str) -> str:
        if value and len(value) < SECRET_LENGTH_MIN:
            raise ValueError(f"至少要 {SECRET_LENGTH_MIN} 个字符")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: str) -> str:
        if not value:
            return value
        try:
            url = make_url(value)
        except ArgumentError as error:
            raise ValueError("应写成 sqlite:///路径 或 postgresql://用户@主机/库名") from error
        if url.drivername in {"postgresql", "postgres"}:
            return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        if url.drivername not in {"sqlite", "postgresql+psycopg"}:
            raise ValueError("只支持 sqlite 和 postgresql")
        return value

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def public_url(self) -> str:
        """Where people reach the pages, without a slash at the end."""
        return (self.base_url or f"http://{self.listen}").rstrip("/")

    @property
    def database(self) -> str:
        """The URL of the database in use."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'yunshequ.db'}"

    @property
    def models(self) -> Path:
        """Where models trained on this installation are kept."""
        return Path(self.nlp_weights) if self.nlp_weights else self.data_dir / "nlp"

    def accounts(self) -> tuple[WechatAccount, ...]:
        """The official accounts: `main` from the environment, others from the TOML file."""
        found = []
        if self.wechat_token:
            found.append(
                _checked(
                    "YUNSHEQU_WECHAT_",
                    name="main",
                    token=self.wechat_token,
                    app_id=self.wechat_app_id,
                    aes_key=self.wechat_aes_key,
                    secret=self.wechat_secret,
                    api_base=self.wechat_api_base,
                    community=self.wechat_community,
                    mode=self.wechat_mode,
                )
            )
        for table in self._toml().get("wechat", []):
            found.append(_checked(f"{self.config} [[wechat]] ", **table))
        names = [account.name for account in found]
        if len(set(names)) != len(names):
            raise SettingsError(f"{self.config}: 公众号的 name 重复：{'、'.join(names)}")
        return tuple(found)

    def _toml(self) -> dict[str, Any]:
        if not self.config.is_file():
            return {}
        try:
            return tomllib.loads(self.config.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{self.config}: 不是正确的 TOML 文件（{error}）") from error


def load_settings() -> Settings:
    """The settings, checked; SettingsError names every wrong one in plain words."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError(_explain(PREFIX, error)) from error
    settings.accounts()
    return settings


def secret_of(settings: Settings) -> str:
    """The installation's secret; made once in the data directory when none is set."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret.key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text("ascii").strip()


def _checked(where: str, **values: Any) -> WechatAccount:
    try:
        return WechatAccount(**values)
    except ValidationError as error:
        raise SettingsError(_explain(where, error)) from error


def _explain(where: str, error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = "_".join(str(part) for part in problem["loc"])
        shown = f"{where}{name.upper() if where.endswith('_') else name}"
        lines.append(f"设置 {shown} 不对：{problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
