"""People and places as they are stored."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.columns import document, key, moment, one_of, ref

DISTRICT = 0
"""The reserved community that owns what belongs to the whole district."""


class AreaKind(StrEnum):
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


class GridKind(StrEnum):
    COMPREHENSIVE = "comprehensive"
    DEDICATED = "dedicated"


class Residency(StrEnum):
    HOME = "home"
    AWAY = "away"
    TENANT = "tenant"
    STAFF = "staff"  # works here and lives elsewhere: on no roll


class AgencyKind(StrEnum):
    DEPARTMENT = "department"
    PROPERTY = "property"
    UTILITY = "utility"
    ORGANISATION = "organisation"


class Area(SQLModel, table=True):
    """A district, street or community; the id of a community is the `community_id` elsewhere."""

    __tablename__ = "community_area"

    id: int = key()
    parent_id: int | None = ref("community_area.id", default=None, index=True)
    kind: AreaKind = one_of(AreaKind)
    name: str
    code: str = Field(unique=True, max_length=12)  # XFL in XFL-20261122-0007
    is_village: bool = False
    time_zone: str = "Asia/Shanghai"
    bot_name: str = "小云"


class Grid(SQLModel, table=True):
    __tablename__ = "community_grid"
    __table_args__ = (
        UniqueConstraint("community_id", "code"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )

    id: int = key()
    community_id: int = ref("community_area.id")
    parent_id: int | None = ref("community_grid.id", default=None)
    level: int = 1
    kind: GridKind = one_of(GridKind, default=GridKind.COMPREHENSIVE)
    code: str = Field(max_length=20)
    name: str


class Building(SQLModel, table=True):
    """A building under its normal form (3栋), or a village group (5组), with its nicknames."""

    __tablename__ = "community_building"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    id: int = key()
    community_id: int = ref("community_area.id")
    grid_id: int | None = ref("community_grid.id", default=None, index=True)
    name: str
    nicknames: list[str] = document(default_factory=list)


class Facility(SQLModel, table=True):
    """A place with a name of its own: 东门, 地下车库, 老槐树."""

    __tablename__ = "community_facility"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    id: int = key()
    community_id: int = ref("community_area.id")
    grid_id: int | None = ref("community_grid.id", default=None)
    name: str
    nicknames: list[str] = document(default_factory=list)


class Unit(SQLModel, table=True):
    __tablename__ = "community_unit"
    __table_args__ = (UniqueConstraint("community_id", "building_id", "name"),)

    id: int = key()
    community_id: int = ref("community_area.id")
    building_id: int = ref("community_building.id")
    name: str


class Dwelling(SQLModel, table=True):
    __tablename__ = "community_dwelling"
    __table_args__ = (
        UniqueConstraint("community_id", "address"),
        CheckConstraint("floor_area >= 0", name="floor_area"),
    )

    id: int = key()
    community_id: int = ref("community_area.id")
    building_id: int | None = ref("community_building.id", default=None, index=True)
    unit_id: int | None = ref("community_unit.id", default=None)
    address: str  # normal form: 3栋2单元501
    floor_area: int = 0  # in 0.01 m², as in the property register


class Household(SQLModel, table=True):
    __tablename__ = "community_household"
    __table_args__ = (UniqueConstraint("community_id", "number"),)

    id: int = key()
    community_id: int = ref("community_area.id")
    dwelling_id: int | None = ref("community_dwelling.id", default=None, index=True)
    number: str = Field(max_length=40)  # 户号: its natural key


class Resident(SQLModel, table=True):
    """A person we know by name; staff are here too, with residency `staff`."""

    __tablename__ = "community_resident"
    __table_args__ = (
        UniqueConstraint("community_id", "number"),
        Index("ix_community_resident_phone", "phone_hash"),
        Index("ix_community_resident_name", "community_id", "name"),
    )

    id: int = key()
    community_id: int = ref("community_area.id")
    household_id: int | None = ref("community_household.id", default=None, index=True)
    number: str = Field(max_length=60)  # natural key within the community, from the roster
    name: str
    residency: Residency = one_of(Residency, default=Residency.HOME)
    city: str = ""  # where someone away lives
    time_zone: str = "Asia/Shanghai"
    birth_date: date | None = None
    phone_sealed: bytes | None = None
    phone_hash: str | None = Field(default=None, max_length=64)
    left_at: datetime | None = moment(default=None)


class Identity(SQLModel, table=True):
    """How a channel knows someone: ("wechat:main", openid), ("simulator", "wangfang")."""

    __tablename__ = "community_identity"
    __table_args__ = (UniqueConstraint("channel", "sender"),)

    id: int = key()
    channel: str = Field(max_length=60)
    sender: str = Field(max_length=120)
    community_id: int = ref(default=DISTRICT)
    resident_id: int | None = ref("community_resident.id", default=None, index=True)
    bound_at: datetime | None = moment(default=None)
    first_at: datetime = moment()


class Group(SQLModel, table=True):
    """A chat group, bound to the community (and grid) it belongs to."""

    __tablename__ = "community_group"
    __table_args__ = (UniqueConstraint("channel", "chat"),)

    id: int = key()
    community_id: int = ref("community_area.id", index=True)
    grid_id: int | None = ref("community_grid.id", default=None)
    building_id: int | None = ref("community_building.id", default=None)
    channel: str = Field(max_length=60)
    chat: str = Field(max_length=120)
    name: str
    is_muted: bool = False


class Agency(SQLModel, table=True):
    """Who handles: a property company, a department, a utility. Never called a unit."""

    __tablename__ = "community_agency"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    id: int = key()
    community_id: int = ref(default=DISTRICT)
    kind: AgencyKind = one_of(AgencyKind)
    name: str
    phone: str = ""


class RoleGrant(SQLModel, table=True):
    """One role of one person, over one area (or agency, or grid), from a day until a day."""

    __tablename__ = "community_role_grant"

    id: int = key()
    community_id: int = ref(default=DISTRICT, index=True)
    resident_id: int = ref("community_resident.id", index=True)
    role: str = Field(max_length=40)
    area_id: int = ref("community_area.id")
    agency_id: int | None = ref("community_agency.id", default=None, index=True)
    grid_id: int | None = ref("community_grid.id", default=None)
    from_date: date
    until_date: date | None = None  # the last day on which it holds


class DutyShift(SQLModel, table=True):
    """Who is paged when there is danger: every week on a day, between two minutes of the day."""

    __tablename__ = "community_duty_shift"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("0 <= from_minute AND from_minute < until_minute", name="from_minute"),
        CheckConstraint("until_minute <= 1440", name="until_minute"),
    )

    id: int = key()
    community_id: int = ref("community_area.id", index=True)
    resident_id: int = ref("community_resident.id")
    weekday: int  # Monday is 0
    from_minute: int = 0
    until_minute: int = 1440


class BindingCode(SQLModel, table=True):
    """A one-time code that ties a chat identity to a person, or to someone of a household."""

    __tablename__ = "community_binding_code"
    __table_args__ = (UniqueConstraint("community_id", "code_hash"),)

    id: int = key()
    community_id: int = ref("community_area.id")
    household_id: int | None = ref("community_household.id", default=None)
    resident_id: int | None = ref("community_resident.id", default=None)
    code_hash: str = Field(max_length=64, index=True)
    made_by: int | None = ref(default=None)
    made_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(default=None)
    used_by: int | None = ref("community_identity.id", default=None)


class Account(SQLModel, table=True):
    """A sign-in for the console, belonging to a person who holds the roles."""

    __tablename__ = "community_account"

    id: int = key()
    login: str = Field(unique=True, max_length=60)
    password_hash: str
    totp_sealed: bytes | None = None
    resident_id: int = ref("community_resident.id", index=True)
    made_at: datetime = moment()
    disabled_at: datetime | None = moment(default=None)


class AccessRecord(SQLModel, table=True):
    """Who looked at somebody's file, when, and why: shown to that person."""

    __tablename__ = "community_access"
    __table_args__ = (Index("ix_community_access_resident", "resident_id", "id"),)

    id: int = key()
    community_id: int = ref()
    resident_id: int = ref("community_resident.id")
    by_id: int | None = ref(default=None)
    at: datetime = moment()
    purpose: str


class RosterImport(SQLModel, table=True):
    """One upload of the register: what the dry run found, how far the import is."""

    __tablename__ = "community_roster_import"

    id: int = key()
    community_id: int = ref("community_area.id", index=True)
    by_id: int | None = ref(default=None)
    at: datetime = moment()
    file_name: str
    stored_as: str
    state: str = "checked"  # checked, running, done, failed
    row_count: int = 0
    done_count: int = 0
    report: dict[str, Any] = document(default_factory=dict)


class Threshold(SQLModel, table=True):
    """How sure the bot must be in a community before it does something; no row: the default."""

    __tablename__ = "community_threshold"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    id: int = key()
    community_id: int = ref("community_area.id")
    name: str = Field(max_length=40)
    value: float
    changed_at: datetime = moment()
    changed_by: int | None = ref(default=None)
