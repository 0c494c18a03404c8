"""first tables

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# History is only ever added to: the database itself refuses to change or delete it.
SEAL_SQLITE = (
    "CREATE TRIGGER core_event_no_update BEFORE UPDATE ON core_event "
    "BEGIN SELECT RAISE(ABORT, 'core_event is append-only'); END",
    "CREATE TRIGGER core_event_no_delete BEFORE DELETE ON core_event "
    "BEGIN SELECT RAISE(ABORT, 'core_event is append-only'); END",
)
SEAL_POSTGRESQL = (
    "CREATE FUNCTION core_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'core_event is append-only'; END $$",
    "CREATE TRIGGER core_event_no_change BEFORE UPDATE OR DELETE ON core_event "
    "FOR EACH ROW EXECUTE FUNCTION core_event_refuse()",
    "CREATE TRIGGER core_event_no_truncate BEFORE TRUNCATE ON core_event "
    "FOR EACH STATEMENT EXECUTE FUNCTION core_event_refuse()",
)


def upgrade() -> None:
    op.create_table(
        "bot_dialog",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("chat", sa.String(length=120), nullable=False),
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("flow", sa.String(length=40), nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_dialog")),
        sa.UniqueConstraint(
            "channel", "chat", "sender", name=op.f("uq_bot_dialog_channel_chat_sender")
        ),
    )
    with op.batch_alter_table("bot_dialog", schema=None) as batch_op:
        batch_op.create_index("ix_bot_dialog_changed", ["changed_at"], unique=False)
        batch_op.create_index("ix_bot_dialog_expires", ["expires_at"], unique=False)

    op.create_table(
        "bot_outgoing",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("identity_id", ID, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("dead_at", MOMENT, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_outgoing")),
        sa.UniqueConstraint("key", name=op.f("uq_bot_outgoing_key")),
    )
    with op.batch_alter_table("bot_outgoing", schema=None) as batch_op:
        batch_op.create_index("ix_bot_outgoing_community", ["community_id", "id"], unique=False)
        batch_op.create_index("ix_bot_outgoing_dead", ["dead_at"], unique=False)
        batch_op.create_index("ix_bot_outgoing_due", ["settled", "due_at"], unique=False)

    op.create_table(
        "bot_platform_token",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("fetching_until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_bot_platform_token")),
    )
    op.create_table(
        "bot_simulator_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("room", sa.String(length=200), nullable=False),
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_simulator_line")),
    )
    with op.batch_alter_table("bot_simulator_line", schema=None) as batch_op:
        batch_op.create_index("ix_bot_simulator_line_room", ["room", "id"], unique=False)

    op.create_table(
        "bot_tick",
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("job", "at", name=op.f("pk_bot_tick")),
    )
    with op.batch_alter_table("bot_tick", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bot_tick_claimed_at"), ["claimed_at"], unique=False)

    op.create_table(
        "cases_counter",
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "day", name=op.f("pk_cases_counter")),
    )
    op.create_table(
        "community_agency",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "department",
                "property",
                "utility",
                "organisation",
                name="agencykind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_agency")),
        sa.UniqueConstraint(
            "community_id", "name", name=op.f("uq_community_agency_community_id_name")
        ),
    )
    op.create_table(
        "community_area",
        sa.Column("id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "district", "street", "community", name="areakind", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("is_village", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("bot_name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["community_area.id"], name=op.f("fk_community_area_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_area")),
        sa.UniqueConstraint("code", name=op.f("uq_community_area_code")),
    )
    with op.batch_alter_table("community_area", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_area_parent_id"), ["parent_id"], unique=False
        )

    op.create_table(
        "core_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_attempt")),
    )
    with op.batch_alter_table("core_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_attempt_subject"), ["subject"], unique=False)

    op.create_table(
        "core_done",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_core_done")),
    )
    with op.batch_alter_table("core_done", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_done_at"), ["at"], unique=False)

    op.create_table(
        "core_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_event")),
    )
    with op.batch_alter_table("core_event", schema=None) as batch_op:
        batch_op.create_index("ix_core_event_community", ["community_id", "id"], unique=False)
        batch_op.create_index("ix_core_event_subject", ["subject_id", "id"], unique=False)

    op.create_table(
        "core_worker",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_core_worker")),
    )
    op.create_table(
        "cases_duty",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("category2", sa.String(length=60), nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("sign_minutes", sa.Integer(), nullable=False),
        sa.Column("handle_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "confirmation",
            sa.Enum("resident", "both", name="confirmation", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.CheckConstraint("handle_minutes > 0", name=op.f("ck_cases_duty_handle_minutes")),
        sa.CheckConstraint("sign_minutes > 0", name=op.f("ck_cases_duty_sign_minutes")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["community_agency.id"], name=op.f("fk_cases_duty_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_cases_duty_community_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_duty")),
        sa.UniqueConstraint(
            "community_id",
            "category",
            "category2",
            name=op.f("uq_cases_duty_community_id_category_category2"),
        ),
    )
    op.create_table(
        "community_grid",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("comprehensive", "dedicated", name="gridkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_community_grid_level")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_community_grid_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["community_grid.id"], name=op.f("fk_community_grid_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_grid")),
        sa.UniqueConstraint(
            "community_id", "code", name=op.f("uq_community_grid_community_id_code")
        ),
    )
    op.create_table(
        "community_roster_import",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("stored_as", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("done_count", sa.Integer(), nullable=False),
        sa.Column("report", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community_area.id"],
            name=op.f("fk_community_roster_import_community_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_roster_import")),
    )
    with op.batch_alter_table("community_roster_import", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_roster_import_community_id"), ["community_id"], unique=False
        )

    op.create_table(
        "community_building",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("grid_id", ID, nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("nicknames", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_community_building_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["community_grid.id"], name=op.f("fk_community_building_grid_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_building")),
        sa.UniqueConstraint(
            "community_id", "name", name=op.f("uq_community_building_community_id_name")
        ),
    )
    with op.batch_alter_table("community_building", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_building_grid_id"), ["grid_id"], unique=False
        )

    op.create_table(
        "community_facility",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("grid_id", ID, nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("nicknames", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_community_facility_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["community_grid.id"], name=op.f("fk_community_facility_grid_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_facility")),
        sa.UniqueConstraint(
            "community_id", "name", name=op.f("uq_community_facility_community_id_name")
        ),
    )
    op.create_table(
        "community_group",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("grid_id", ID, nullable=True),
        sa.Column("building_id", ID, nullable=True),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("chat", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_muted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["community_building.id"], name=op.f("fk_community_group_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_community_group_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["community_grid.id"], name=op.f("fk_community_group_grid_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_group")),
        sa.UniqueConstraint("channel", "chat", name=op.f("uq_community_group_channel_chat")),
    )
    with op.batch_alter_table("community_group", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_group_community_id"), ["community_id"], unique=False
        )

    op.create_table(
        "community_unit",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("building_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["community_building.id"], name=op.f("fk_community_unit_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_community_unit_community_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_unit")),
        sa.UniqueConstraint(
            "community_id",
            "building_id",
            "name",
            name=op.f("uq_community_unit_community_id_building_id_name"),
        ),
    )
    op.create_table(
        "cases_case",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("category2", sa.String(length=60), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("grid_id", ID, nullable=True),
        sa.Column("group_id", ID, nullable=True),
        sa.Column(
            "urgency",
            sa.Enum("emergency", "today", "normal", name="urgency", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "chat",
                "web",
                "phone",
                "desk",
                "proxy",
                "import",
                name="source",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("taken_by", ID, nullable=True),
        sa.Column(
            "phase",
            sa.Enum(
                "collected",
                "triage",
                "need_info_intake",
                "answered",
                "declined",
                "registered",
                "dispatched",
                "disputed",
                "in_progress",
                "need_info_handling",
                "suspended",
                "feedback",
                "verifying",
                "closed",
                "evaluated",
                "merged",
                "withdrawn",
                "discarded",
                "archived",
                name="phase",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column(
            "confirmation",
            sa.Enum("resident", "both", name="confirmation", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("agency_id", ID, nullable=True),
        sa.Column("merged_into", ID, nullable=True),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("collected_at", MOMENT, nullable=False),
        sa.Column("registered_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("step_due_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("rework_count", sa.Integer(), nullable=False),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("reopened_count >= 0", name=op.f("ck_cases_case_reopened_count")),
        sa.CheckConstraint("rework_count >= 0", name=op.f("ck_cases_case_rework_count")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["community_agency.id"], name=op.f("fk_cases_case_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_cases_case_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["community_grid.id"], name=op.f("fk_cases_case_grid_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_cases_case_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["cases_case.id"], name=op.f("fk_cases_case_merged_into")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_case")),
        sa.UniqueConstraint(
            "community_id", "number", name=op.f("uq_cases_case_community_id_number")
        ),
    )
    with op.batch_alter_table("cases_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_case_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(
            "ix_cases_case_alike",
            ["community_id", "category", "place", "collected_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_cases_case_phase", ["community_id", "phase", "due_at"], unique=False
        )
        batch_op.create_index("ix_cases_case_step", ["phase", "step_due_at"], unique=False)

    op.create_table(
        "community_dwelling",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("building_id", ID, nullable=True),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("floor_area", sa.Integer(), nullable=False),
        sa.CheckConstraint("floor_area >= 0", name=op.f("ck_community_dwelling_floor_area")),
        sa.ForeignKeyConstraint(
            ["building_id"],
            ["community_building.id"],
            name=op.f("fk_community_dwelling_building_id"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_community_dwelling_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["community_unit.id"], name=op.f("fk_community_dwelling_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_dwelling")),
        sa.UniqueConstraint(
            "community_id", "address", name=op.f("uq_community_dwelling_community_id_address")
        ),
    )
    with op.batch_alter_table("community_dwelling", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_dwelling_building_id"), ["building_id"], unique=False
        )

    op.create_table(
        "cases_assignment",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "sent",
                "signed",
                "done",
                "returned",
                name="assignmentstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("sign_by", MOMENT, nullable=False),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["community_agency.id"], name=op.f("fk_cases_assignment_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_case.id"], name=op.f("fk_cases_assignment_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_assignment")),
    )
    with op.batch_alter_table("cases_assignment", schema=None) as batch_op:
        batch_op.create_index("ix_cases_assignment_agency", ["agency_id", "state"], unique=False)
        batch_op.create_index("ix_cases_assignment_case", ["case_id"], unique=False)

    op.create_table(
        "cases_note",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("event_id", ID, nullable=True),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases_case.id"], name=op.f("fk_cases_note_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_note")),
    )
    with op.batch_alter_table("cases_note", schema=None) as batch_op:
        batch_op.create_index("ix_cases_note_case", ["case_id", "id"], unique=False)

    op.create_table(
        "community_household",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("dwelling_id", ID, nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community_area.id"],
            name=op.f("fk_community_household_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["dwelling_id"],
            ["community_dwelling.id"],
            name=op.f("fk_community_household_dwelling_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_household")),
        sa.UniqueConstraint(
            "community_id", "number", name=op.f("uq_community_household_community_id_number")
        ),
    )
    with op.batch_alter_table("community_household", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_household_dwelling_id"), ["dwelling_id"], unique=False
        )

    op.create_table(
        "community_resident",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=True),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "residency",
            sa.Enum(
                "home", "away", "tenant", "staff", name="residency", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.String(length=64), nullable=True),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_area.id"], name=op.f("fk_community_resident_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["community_household.id"],
            name=op.f("fk_community_resident_household_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_resident")),
        sa.UniqueConstraint(
            "community_id", "number", name=op.f("uq_community_resident_community_id_number")
        ),
    )
    with op.batch_alter_table("community_resident", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_resident_household_id"), ["household_id"], unique=False
        )
        batch_op.create_index("ix_community_resident_name", ["community_id", "name"], unique=False)
        batch_op.create_index("ix_community_resident_phone", ["phone_hash"], unique=False)

    op.create_table(
        "community_access",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["community_resident.id"], name=op.f("fk_community_access_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_access")),
    )
    with op.batch_alter_table("community_access", schema=None) as batch_op:
        batch_op.create_index("ix_community_access_resident", ["resident_id", "id"], unique=False)

    op.create_table(
        "community_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["community_resident.id"],
            name=op.f("fk_community_account_resident_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_account")),
        sa.UniqueConstraint("login", name=op.f("uq_community_account_login")),
    )
    with op.batch_alter_table("community_account", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_account_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "community_duty_shift",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("until_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < until_minute",
            name=op.f("ck_community_duty_shift_from_minute"),
        ),
        sa.CheckConstraint(
            "until_minute <= 1440", name=op.f("ck_community_duty_shift_until_minute")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_community_duty_shift_weekday")),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community_area.id"],
            name=op.f("fk_community_duty_shift_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["community_resident.id"],
            name=op.f("fk_community_duty_shift_resident_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_duty_shift")),
    )
    with op.batch_alter_table("community_duty_shift", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_duty_shift_community_id"), ["community_id"], unique=False
        )

    op.create_table(
        "community_identity",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=True),
        sa.Column("bound_at", MOMENT, nullable=True),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["community_resident.id"],
            name=op.f("fk_community_identity_resident_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_identity")),
        sa.UniqueConstraint("channel", "sender", name=op.f("uq_community_identity_channel_sender")),
    )
    with op.batch_alter_table("community_identity", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_identity_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "community_role_grant",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("area_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=True),
        sa.Column("grid_id", ID, nullable=True),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("until_date", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["community_agency.id"], name=op.f("fk_community_role_grant_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["community_area.id"], name=op.f("fk_community_role_grant_area_id")
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["community_grid.id"], name=op.f("fk_community_role_grant_grid_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["community_resident.id"],
            name=op.f("fk_community_role_grant_resident_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_role_grant")),
    )
    with op.batch_alter_table("community_role_grant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_role_grant_agency_id"), ["agency_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_community_role_grant_community_id"), ["community_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_community_role_grant_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "bot_session",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("identity_id", ID, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["community_account.id"], name=op.f("fk_bot_session_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["community_identity.id"], name=op.f("fk_bot_session_identity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_bot_session_token_hash")),
    )
    with op.batch_alter_table("bot_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bot_session_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_bot_session_identity_id"), ["identity_id"], unique=False
        )

    op.create_table(
        "cases_party",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=True),
        sa.Column(
            "role",
            sa.Enum("reporter", "co_reporter", name="partyrole", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("is_solved", sa.Boolean(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "rating IS NULL OR rating BETWEEN 1 AND 5", name=op.f("ck_cases_party_rating")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_case.id"], name=op.f("fk_cases_party_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["community_identity.id"], name=op.f("fk_cases_party_identity_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["community_resident.id"], name=op.f("fk_cases_party_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_party")),
        sa.UniqueConstraint(
            "community_id",
            "case_id",
            "identity_id",
            name=op.f("uq_cases_party_community_id_case_id_identity_id"),
        ),
    )
    with op.batch_alter_table("cases_party", schema=None) as batch_op:
        batch_op.create_index("ix_cases_party_case", ["case_id"], unique=False)
        batch_op.create_index("ix_cases_party_identity", ["identity_id", "case_id"], unique=False)
        batch_op.create_index("ix_cases_party_resident", ["resident_id", "case_id"], unique=False)

    op.create_table(
        "cases_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("intent", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("urgency", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("reasons", DOCUMENT, nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column(
            "disposition",
            sa.Enum(
                "opened",
                "joined",
                "asked",
                "answered",
                "unsure",
                "undone",
                name="disposition",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("corrected_at", MOMENT, nullable=True),
        sa.Column("corrected_by", ID, nullable=True),
        sa.Column("corrected", DOCUMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_case.id"], name=op.f("fk_cases_request_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_cases_request_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["community_identity.id"], name=op.f("fk_cases_request_identity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_request")),
    )
    with op.batch_alter_table("cases_request", schema=None) as batch_op:
        batch_op.create_index("ix_cases_request_case", ["case_id"], unique=False)
        batch_op.create_index("ix_cases_request_community", ["community_id", "id"], unique=False)
        batch_op.create_index("ix_cases_request_identity", ["identity_id", "id"], unique=False)

    op.create_table(
        "community_binding_code",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=True),
        sa.Column("resident_id", ID, nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("used_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community_area.id"],
            name=op.f("fk_community_binding_code_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["community_household.id"],
            name=op.f("fk_community_binding_code_household_id"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["community_resident.id"],
            name=op.f("fk_community_binding_code_resident_id"),
        ),
        sa.ForeignKeyConstraint(
            ["used_by"], ["community_identity.id"], name=op.f("fk_community_binding_code_used_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_binding_code")),
        sa.UniqueConstraint(
            "community_id",
            "code_hash",
            name=op.f("uq_community_binding_code_community_id_code_hash"),
        ),
    )
    with op.batch_alter_table("community_binding_code", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_community_binding_code_code_hash"), ["code_hash"], unique=False
        )

    op.create_table(
        "bot_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("session_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["community_identity.id"], name=op.f("fk_bot_link_identity_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["bot_session.id"], name=op.f("fk_bot_link_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_bot_link_token_hash")),
    )
    with op.batch_alter_table("bot_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bot_link_identity_id"), ["identity_id"], unique=False)

    op.create_table(
        "cases_attachment",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("identity_id", ID, nullable=True),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("size >= 0", name=op.f("ck_cases_attachment_size")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_case.id"], name=op.f("fk_cases_attachment_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["community_identity.id"], name=op.f("fk_cases_attachment_identity_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["cases_request.id"], name=op.f("fk_cases_attachment_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_attachment")),
    )
    with op.batch_alter_table("cases_attachment", schema=None) as batch_op:
        batch_op.create_index("ix_cases_attachment_case", ["case_id"], unique=False)
        batch_op.create_index("ix_cases_attachment_sha256", ["sha256"], unique=False)

    seals = SEAL_SQLITE if op.get_bind().dialect.name == "sqlite" else SEAL_POSTGRESQL
    for statement in seals:
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("cases_attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_attachment_sha256")
        batch_op.drop_index("ix_cases_attachment_case")

    op.drop_table("cases_attachment")
    with op.batch_alter_table("bot_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bot_link_identity_id"))

    op.drop_table("bot_link")
    with op.batch_alter_table("community_binding_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_binding_code_code_hash"))

    op.drop_table("community_binding_code")
    with op.batch_alter_table("cases_request", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_request_identity")
        batch_op.drop_index("ix_cases_request_community")
        batch_op.drop_index("ix_cases_request_case")

    op.drop_table("cases_request")
    with op.batch_alter_table("cases_party", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_party_resident")
        batch_op.drop_index("ix_cases_party_identity")
        batch_op.drop_index("ix_cases_party_case")

    op.drop_table("cases_party")
    with op.batch_alter_table("bot_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bot_session_identity_id"))
        batch_op.drop_index(batch_op.f("ix_bot_session_account_id"))

    op.drop_table("bot_session")
    with op.batch_alter_table("community_role_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_role_grant_resident_id"))
        batch_op.drop_index(batch_op.f("ix_community_role_grant_community_id"))
        batch_op.drop_index(batch_op.f("ix_community_role_grant_agency_id"))

    op.drop_table("community_role_grant")
    with op.batch_alter_table("community_identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_identity_resident_id"))

    op.drop_table("community_identity")
    with op.batch_alter_table("community_duty_shift", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_duty_shift_community_id"))

    op.drop_table("community_duty_shift")
    with op.batch_alter_table("community_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_account_resident_id"))

    op.drop_table("community_account")
    with op.batch_alter_table("community_access", schema=None) as batch_op:
        batch_op.drop_index("ix_community_access_resident")

    op.drop_table("community_access")
    with op.batch_alter_table("community_resident", schema=None) as batch_op:
        batch_op.drop_index("ix_community_resident_phone")
        batch_op.drop_index("ix_community_resident_name")
        batch_op.drop_index(batch_op.f("ix_community_resident_household_id"))

    op.drop_table("community_resident")
    with op.batch_alter_table("community_household", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_household_dwelling_id"))

    op.drop_table("community_household")
    with op.batch_alter_table("cases_note", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_note_case")

    op.drop_table("cases_note")
    with op.batch_alter_table("cases_assignment", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_assignment_case")
        batch_op.drop_index("ix_cases_assignment_agency")

    op.drop_table("cases_assignment")
    with op.batch_alter_table("community_dwelling", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_dwelling_building_id"))

    op.drop_table("community_dwelling")
    with op.batch_alter_table("cases_case", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_case_step")
        batch_op.drop_index("ix_cases_case_phase")
        batch_op.drop_index("ix_cases_case_alike")
        batch_op.drop_index(batch_op.f("ix_cases_case_agency_id"))

    op.drop_table("cases_case")
    op.drop_table("community_unit")
    with op.batch_alter_table("community_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_group_community_id"))

    op.drop_table("community_group")
    op.drop_table("community_facility")
    with op.batch_alter_table("community_building", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_building_grid_id"))

    op.drop_table("community_building")
    with op.batch_alter_table("community_roster_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_roster_import_community_id"))

    op.drop_table("community_roster_import")
    op.drop_table("community_grid")
    op.drop_table("cases_duty")
    op.drop_table("core_worker")
    with op.batch_alter_table("core_event", schema=None) as batch_op:
        batch_op.drop_index("ix_core_event_subject")
        batch_op.drop_index("ix_core_event_community")

    op.drop_table("core_event")
    with op.batch_alter_table("core_done", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_core_done_at"))

    op.drop_table("core_done")
    with op.batch_alter_table("core_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_core_attempt_subject"))

    op.drop_table("core_attempt")
    with op.batch_alter_table("community_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_area_parent_id"))

    op.drop_table("community_area")
    op.drop_table("community_agency")
    op.drop_table("cases_counter")
    with op.batch_alter_table("bot_tick", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bot_tick_claimed_at"))

    op.drop_table("bot_tick")
    with op.batch_alter_table("bot_simulator_line", schema=None) as batch_op:
        batch_op.drop_index("ix_bot_simulator_line_room")

    op.drop_table("bot_simulator_line")
    op.drop_table("bot_platform_token")
    with op.batch_alter_table("bot_outgoing", schema=None) as batch_op:
        batch_op.drop_index("ix_bot_outgoing_due")
        batch_op.drop_index("ix_bot_outgoing_dead")
        batch_op.drop_index("ix_bot_outgoing_community")

    op.drop_table("bot_outgoing")
    with op.batch_alter_table("bot_dialog", schema=None) as batch_op:
        batch_op.drop_index("ix_bot_dialog_expires")
        batch_op.drop_index("ix_bot_dialog_changed")

    op.drop_table("bot_dialog")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION core_event_refuse()")
