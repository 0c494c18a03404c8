"""The cast of every story: a city estate, a village, and the people in them."""

from dataclasses import dataclass
from datetime import date

from cases.tables import Duty
from community.tables import (
    Agency,
    AgencyKind,
    Area,
    AreaKind,
    Building,
    DutyShift,
    Dwelling,
    Facility,
    Grid,
    Group,
    Household,
    Identity,
    Residency,
    Resident,
    RoleGrant,
    Unit,
)
from core.transaction import Transaction
from core.vault import Vault
from nlp.categories import CATEGORIES

BEGINNING = date(2020, 1, 1)


@dataclass(frozen=True)
class Cast:
    """Ids. Lan and Bo share household 1; Chen is household 2 and lives away; Ding is the grid
    worker, Wu the secretary, Guo the clerk of the property company, Hua belongs to another
    community; Mo is a stranger without any row. Senders on the simulator are the lower-case names.
    """

    district: int
    xfl: int  # 幸福里社区
    hyc: int  # 花园村
    grid: int
    building3: int
    group3: int  # chat "xfl-3"
    lan: int
    bo: int
    chen: int
    ding: int
    wu: int
    guo: int
    hua: int
    household1: int
    household2: int
    property: int
    lan_identity: int
    bo_identity: int
    chen_identity: int


def make_resident(
    tx: Transaction,
    vault: Vault,
    *,
    community_id,
    number,
    name,
    sender=None,
    household_id=None,
    residency=Residency.HOME,
    phone="",
    birth_date=None,
):
    """A resident, and, with a sender, the simulator identity bound to it."""
    resident = Resident(
        community_id=community_id,
        number=number,
        name=name,
        household_id=household_id,
        residency=residency,
        birth_date=birth_date,
        phone_sealed=vault.seal(phone) if phone else None,
        phone_hash=vault.index(phone) if phone else None,
    )
    tx.add(resident)
    tx.flush()
    identity = None
    if sender:
        identity = Identity(
            channel="simulator",
            sender=sender,
            community_id=community_id,
            resident_id=resident.id,
            bound_at=tx.now,
            first_at=tx.now,
        )
        tx.add(identity)
        tx.flush()
    return resident.id, identity.id if identity else None


def grant(tx: Transaction, *, resident_id, role, area_id, agency_id=None, grid_id=None):
    tx.add(
        RoleGrant(
            community_id=area_id,
            resident_id=resident_id,
            role=role,
            area_id=area_id,
            agency_id=agency_id,
            grid_id=grid_id,
            from_date=BEGINNING,
        )
    )
    tx.flush()


def make_cast(tx: Transaction, vault: Vault) -> Cast:
    """Write the whole cast and return its ids."""

    def add(row):
        tx.add(row)
        tx.flush()
        return row.id

    district = add(Area(kind=AreaKind.DISTRICT, name="测试区", code="CSQ"))
    street = add(Area(kind=AreaKind.STREET, name="测试街道", code="CSJD", parent_id=district))
    xfl = add(Area(kind=AreaKind.COMMUNITY, name="幸福里社区", code="XFL", parent_id=street))
    hyc = add(
        Area(kind=AreaKind.COMMUNITY, name="花园村", code="HYC", parent_id=street, is_village=True)
    )
    grid = add(Grid(community_id=xfl, code="G01", name="第一网格"))
    building3 = add(
        Building(community_id=xfl, grid_id=grid, name="3栋", nicknames=["三号楼", "红楼"])
    )
    for name in ("1栋", "2栋", "12栋"):
        add(Building(community_id=xfl, grid_id=grid, name=name))
    for name in ("东门", "地下车库", "中心花园"):
        add(Facility(community_id=xfl, grid_id=grid, name=name))
    unit = add(Unit(community_id=xfl, building_id=building3, name="2单元"))
    dwelling1 = add(
        Dwelling(
            community_id=xfl,
            building_id=building3,
            unit_id=unit,
            address="3栋2单元501",
            floor_area=8_950,
        )
    )
    household1 = add(Household(community_id=xfl, dwelling_id=dwelling1, number="XFL-H1"))
    household2 = add(Household(community_id=hyc, number="HYC-H2"))
    group3 = add(
        Group(
            community_id=xfl,
            grid_id=grid,
            building_id=building3,
            channel="simulator",
            chat="xfl-3",
            name="幸福里3栋群",
        )
    )
    property_company = add(
        Agency(community_id=xfl, kind=AgencyKind.PROPERTY, name="安居物业", phone="025-00000001")
    )
    for category in CATEGORIES:
        add(Duty(community_id=xfl, category=category, agency_id=property_company))
    lan, lan_identity = make_resident(
        tx,
        vault,
        community_id=xfl,
        number="R1",
        name="王兰",
        sender="lan",
        household_id=household1,
        phone="13900000001",
        birth_date=date(1980, 5, 1),
    )
    bo, bo_identity = make_resident(
        tx,
        vault,
        community_id=xfl,
        number="R2",
        name="李波",
        sender="bo",
        household_id=household1,
        phone="13900000002",
    )
    chen, chen_identity = make_resident(
        tx,
        vault,
        community_id=hyc,
        number="R3",
        name="陈伟",
        sender="chen",
        household_id=household2,
        residency=Residency.AWAY,
    )
    ding, _ = make_resident(
        tx,
        vault,
        community_id=xfl,
        number="S1",
        name="丁网格",
        sender="ding",
        residency=Residency.STAFF,
    )
    wu, _ = make_resident(
        tx,
        vault,
        community_id=xfl,
        number="S2",
        name="吴书记",
        sender="wu",
        residency=Residency.STAFF,
    )
    guo, _ = make_resident(
        tx,
        vault,
        community_id=xfl,
        number="S3",
        name="郭师傅",
        sender="guo",
        residency=Residency.STAFF,
    )
    hua, _ = make_resident(tx, vault, community_id=hyc, number="R4", name="华姐", sender="hua")
    grant(tx, resident_id=ding, role="grid_worker", area_id=xfl, grid_id=grid)
    grant(tx, resident_id=wu, role="secretary", area_id=xfl)
    grant(tx, resident_id=guo, role="agency_clerk", area_id=xfl, agency_id=property_company)
    for weekday in range(7):
        add(DutyShift(community_id=xfl, resident_id=ding, weekday=weekday))
    return Cast(
        district=district,
        xfl=xfl,
        hyc=hyc,
        grid=grid,
        building3=building3,
        group3=group3,
        lan=lan,
        bo=bo,
        chen=chen,
        ding=ding,
        wu=wu,
        guo=guo,
        hua=hua,
        household1=household1,
        household2=household2,
        property=property_company,
        lan_identity=lan_identity,
        bo_identity=bo_identity,
        chen_identity=chen_identity,
    )
