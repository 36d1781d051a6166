from django.db import migrations

DECIDED = "('sent', 'delivered', 'read', 'failed', 'skipped', 'unknown')"
# As they were then; on SQLite the triggers are restored after every migrate.
POSTGRESQL = (
    f"""
    CREATE FUNCTION sequences_tally_made() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO sequences_tally (workspace_id, step_id, state, number)
        SELECT workspace_id, step_id, state, count(*) FROM made WHERE state IN {DECIDED} GROUP BY 1, 2, 3;
        RETURN NULL;
    END $$""",
    f"""
    CREATE FUNCTION sequences_tally_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO sequences_tally (workspace_id, step_id, state, number)
        SELECT workspace_id, step_id, state, sum(n) FROM (
            SELECT workspace_id, step_id, state, 1 AS n FROM made
            UNION ALL SELECT workspace_id, step_id, state, -1 FROM gone
        ) AS both_sides WHERE state IN {DECIDED} GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
        RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER sequences_tally_made AFTER INSERT ON sequences_delivery
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION sequences_tally_made()""",
    """
    CREATE TRIGGER sequences_tally_moved AFTER UPDATE ON sequences_delivery
    REFERENCING NEW TABLE AS made OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION sequences_tally_moved()""",
)
# What was decided before there were numbers.
ALREADY_DECIDED = f"""
    INSERT INTO sequences_tally (workspace_id, step_id, state, number)
    SELECT workspace_id, step_id, state, count(*) FROM sequences_delivery WHERE state IN {DECIDED} GROUP BY 1, 2, 3"""


def keep_tallies(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL:
            schema_editor.execute(statement, params=None)
    schema_editor.execute(ALREADY_DECIDED, params=None)


class Migration(migrations.Migration):
    dependencies = [("sequences", "0013_composite_keys")]
    operations = [migrations.RunPython(keep_tallies, migrations.RunPython.noop)]
